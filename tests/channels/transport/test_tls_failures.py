"""A server whose TLS is not in order is told apart from one that cannot be reached."""

import ssl
import time
from dataclasses import replace
from pathlib import Path

import pytest

from channels.base import HttpRequest, OutcomeKind, TransportFailure
from channels.email.smtp import adapter as smtp
from channels.registry import adapter
from tests.channels.conftest import Send
from tests.channels.peers import Authority, answering, http, make_authority, serving
from tests.channels.samples import account
from tests.channels.transport.test_smtp import mail

OK = answering(http(200, b"{}"))


def code(send: Send, port: int, ca: str = "", *, http2: bool = False) -> str:
    url = f"https://localhost:{port}/v3/mail/send"
    request = HttpRequest("POST", url, {}, b"{}", timeout=2.0, http2=http2)
    private = replace(account("sendgrid"), ca_certificate=ca)
    outcome, failure = send(private, adapter("sendgrid"), request)
    assert isinstance(failure, TransportFailure)
    assert (failure.sent, outcome.kind) == (False, OutcomeKind.RETRY)
    assert "localhost" not in outcome.reason
    return outcome.code


@pytest.mark.parametrize("http2", [False, True])
def test_a_certificate_of_an_unknown_ca_is_named(
    send: Send, authority: Authority, http2: bool
) -> None:
    with serving(OK, tls=authority.context()) as port:
        assert code(send, port, http2=http2) == "tls_unknown_ca"


@pytest.mark.parametrize(
    ("name", "days_ago", "named"),
    [
        ("other.example", 0, "tls_wrong_name"),
        ("localhost", 30, "tls_expired"),
        ("localhost", -30, "tls_not_yet_valid"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_named_by_both_clients(
    send: Send, tmp_path: Path, name: str, days_ago: int, named: str
) -> None:
    made = make_authority(tmp_path, name, days_ago)
    with serving(OK, tls=made.context()) as port:
        private = replace(account("smtp"), ca_certificate=made.ca)
        outcome, _ = send(private, smtp, mail(port, security="tls", host="localhost"))
        assert (code(send, port, made.ca), outcome.code) == (named, named)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_a_server_with_too_old_a_tls_is_named(send: Send, authority: Authority) -> None:
    context = authority.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with serving(OK, tls=context) as port:
        assert code(send, port, authority.ca) == "tls_too_old"


def test_a_server_that_speaks_no_tls_is_named(send: Send) -> None:
    def plain(connection: object) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")  # type: ignore[attr-defined]
        time.sleep(0.2)

    with serving(plain) as port:
        assert code(send, port) == "tls_failed"
