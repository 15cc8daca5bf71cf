"""Each phase of a transaction has its own limit; only after the dot is a silence uncertain."""

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from channels.base import Lane, OutcomeKind, SmtpLimits, SmtpReply, TransportFailure
from channels.email.smtp import adapter as smtp
from channels.transport.smtp import SmtpPool
from tests.channels import peers
from tests.channels.conftest import Send
from tests.channels.peers import Authority, serving
from tests.channels.samples import NOW, account, email, envelope
from tests.channels.transport.test_smtp import mail

PHASES = {"": "greeting", "EHLO": "command", "MAIL": "command", "RCPT": "command"}
PHASES |= {"DATA": "data", ".": "end"}
SHORT, LATE = 0.3, 0.6  # seconds
LARGE = b"Subject: Hi\r\n\r\n" + (b"x" * 70 + b"\r\n") * 300_000  # more than sockets hold


class Slow:
    """A mail server that answers `late` only after some time; "" is the greeting. It may hang up
    instead, or say something else."""

    def __init__(
        self, late: str = "never", seconds: float = 0.0, instead: str | None = None
    ) -> None:
        self.late, self.seconds, self.instead = late, seconds, instead
        self.heard: list[str] = []

    def __call__(self, connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        if not self._answer(connection, "", "220 mail.example ESMTP"):
            return
        in_data = False
        for line in lines:
            if in_data and line != b".\r\n":
                continue
            verb = line[:4].decode("latin-1").strip().upper()
            self.heard.append(line.decode("latin-1").strip())
            in_data = verb == "DATA"
            if not self._answer(connection, verb, "354 Go on" if in_data else "250 OK"):
                return

    def _answer(self, connection: socket.socket, verb: str, reply: str) -> bool:
        if verb == self.late:
            time.sleep(self.seconds)
            if self.instead == "":
                return False
            reply = self.instead or reply
        connection.sendall(f"{reply}\r\n".encode())
        return True


def only(phase: str, seconds: float) -> SmtpLimits:
    """That phase is short, all others are as long as they are."""
    return replace(SmtpLimits(), **{phase: seconds})


@pytest.mark.parametrize(("late", "phase"), PHASES.items())
def test_a_slow_answer_within_its_limit_is_an_answer(send: Send, late: str, phase: str) -> None:
    with serving(Slow(late, LATE)) as port:
        outcome, reply = send(account("smtp"), smtp, mail(port, timeout=600.0))
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert reply == SmtpReply(250, "OK", "DATA")


@pytest.mark.parametrize(("late", "phase"), PHASES.items())
def test_the_limit_of_a_phase_is_its_own(send: Send, late: str, phase: str) -> None:
    limits = only(phase, SHORT)
    with serving(Slow(late, 2.0)) as port:
        outcome, failure = send(account("smtp"), smtp, mail(port, timeout=600.0, limits=limits))
    assert isinstance(failure, TransportFailure)
    assert failure.timed_out
    assert outcome.kind is (OutcomeKind.UNCERTAIN if late == "." else OutcomeKind.RETRY)


@pytest.mark.parametrize("late", PHASES)
def test_who_hangs_up_before_the_dot_got_nothing(send: Send, late: str) -> None:
    with serving(Slow(late, 0.0, instead="")) as port:
        outcome, failure = send(account("smtp"), smtp, mail(port))
    assert isinstance(failure, TransportFailure)
    assert failure.sent is (late == ".")
    assert outcome.kind is (OutcomeKind.UNCERTAIN if late == "." else OutcomeKind.RETRY)


def _after_354(then: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        lines = connection.makefile("rb", buffering=0)
        connection.sendall(b"220 mail.example ESMTP\r\n")
        for line in lines:
            in_data = line.upper().startswith(b"DATA")
            connection.sendall(b"354 Go on\r\n" if in_data else b"250 OK\r\n")
            if in_data:
                then(connection)
                return

    return talk


def test_a_message_cut_off_in_the_middle_was_never_sent(send: Send) -> None:
    with serving(_after_354(lambda connection: connection.close())) as port:
        outcome, failure = send(account("smtp"), smtp, mail(port, data=LARGE))
    assert isinstance(failure, TransportFailure)
    assert (failure.sent, outcome.kind) == (False, OutcomeKind.RETRY)


def test_a_server_that_stops_reading_has_its_limit_for_each_block(send: Send) -> None:
    with serving(_after_354(lambda _: time.sleep(2))) as port:
        limited = mail(port, data=LARGE, timeout=600.0, limits=only("block", SHORT))
        outcome, failure = send(account("smtp"), smtp, limited)
    assert isinstance(failure, TransportFailure)
    assert (failure.sent, failure.timed_out) == (False, True)
    assert outcome.kind is OutcomeKind.RETRY


def test_a_refusal_in_the_middle_of_a_message_is_its_answer(send: Send) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.sendall(b"552 5.3.4 Too large\r\n")
        while connection.recv(65_536):
            pass

    with serving(_after_354(refuse)) as port:
        outcome, reply = send(account("smtp"), smtp, mail(port, data=LARGE))
    assert (outcome.kind, outcome.code) == (OutcomeKind.REJECTED, "5.3.4")
    assert isinstance(reply, SmtpReply)


@pytest.mark.parametrize("code", ["421 4.3.2 Closing", "451 4.3.0 Later", "554 5.7.1 No"])
def test_what_is_said_instead_of_354_decides(send: Send, code: str) -> None:
    with serving(Slow("DATA", 0.0, instead=code)) as port:
        outcome, reply = send(account("smtp"), smtp, mail(port))
    assert isinstance(reply, SmtpReply)
    assert (reply.code, reply.command) == (int(code[:3]), "DATA")
    assert outcome.kind in (OutcomeKind.RETRY, OutcomeKind.REJECTED)


@pytest.mark.parametrize("data", [b"a\r\n.\r\nb\r\n", b".\r\n.a\r\n..", b"no end", b"\r\n" * 9])
def test_dots_and_ends_of_lines_arrive_as_they_are(send: Send, data: bytes) -> None:
    got: list[bytes] = []

    def read(connection: socket.socket) -> None:
        text = b""
        while not text.endswith(b"\r\n.\r\n"):
            text += connection.recv(65_536)
        got.append(text.removesuffix(b".\r\n"))
        connection.sendall(b"250 OK\r\n")

    with serving(_after_354(read)) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port, data=data))
    assert outcome.kind is OutcomeKind.ACCEPTED
    unstuffed = [line.removeprefix(b".") for line in got[0].split(b"\r\n")]
    assert b"\r\n".join(unstuffed).removesuffix(b"\r\n") == data.removesuffix(b"\r\n")


def test_ordinary_mail_waits_as_long_as_the_standard_says() -> None:
    limits = smtp.build(email(), account("smtp"), NOW).limits
    assert (limits.greeting, limits.command, limits.data) == (300.0, 300.0, 120.0)
    assert (limits.block, limits.end) == (180.0, 600.0)


def test_urgent_mail_does_not() -> None:
    urgent = email(envelope=envelope("ada@example.org", lane=Lane.URGENT))
    limits = smtp.build(urgent, account("smtp"), NOW).limits
    assert max(limits.connect, limits.greeting, limits.command, limits.data) <= 10.0


def test_the_greeting_names_us_as_the_settings_say(send: Send, settings: Settings) -> None:
    settings.EHLO_NAME = "out.shop.example"
    server = Slow()
    with serving(server) as port:
        send(account("smtp"), smtp, mail(port))
    assert server.heard[0].split() == ["EHLO", "out.shop.example"]


def test_a_certificate_of_an_unknown_ca_is_named(send: Send, authority: Authority) -> None:
    with serving(Slow(), tls=authority.context()) as port:
        outcome, failure = send(account("smtp"), smtp, mail(port, security="tls"))
    assert (outcome.kind, outcome.code) == (OutcomeKind.RETRY, "tls_unknown_ca")
    assert "CA" in outcome.reason
    assert isinstance(failure, TransportFailure)


def test_a_certificate_for_another_name_is_named(authority: Authority) -> None:
    private = account("smtp", ca_certificate=authority.ca)
    with serving(Slow(), tls=authority.context()) as port:
        wanted = mail(port, security="tls", host="mail.other.example")
        trying = SmtpPool().send(private, wanted, time.monotonic() + 5, ["127.0.0.1"])
        failure = asyncio.run(trying)
    assert isinstance(failure, TransportFailure)
    assert (failure.sent, failure.code) == (False, "tls_wrong_name")


def test_a_server_that_speaks_no_tls_is_named(send: Send) -> None:
    with serving(Slow()) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port, security="tls"))
    assert (outcome.kind, outcome.code) == (OutcomeKind.RETRY, "tls_failed")


def test_a_missing_starttls_is_named(send: Send) -> None:
    with serving(Slow()) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port, security="starttls"))
    assert (outcome.kind, outcome.code) == (OutcomeKind.MISCONFIGURED, "no_starttls")
    assert "STARTTLS" in outcome.reason


def test_a_missing_login_is_named(send: Send) -> None:
    with serving(Slow()) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port, username="shop", password="x"))
    assert (outcome.kind, outcome.code) == (OutcomeKind.MISCONFIGURED, "no_auth")


def test_an_address_that_nobody_answers_at_has_its_limit(send: Send) -> None:
    with peers.unreachable() as port:
        limited = mail(port, timeout=600.0, limits=only("connect", SHORT))
        outcome, failure = send(account("smtp"), smtp, limited)
    assert isinstance(failure, TransportFailure)
    assert (failure.sent, failure.timed_out) == (False, True)
    assert outcome.kind is OutcomeKind.RETRY
