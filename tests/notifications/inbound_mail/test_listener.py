"""Mail servers that bring us mail, over real connections."""

import asyncio
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import OperationalError
from pytest_django.fixtures import Settings

from channels.addresses.signed import GOOD_FOR, Signer
from notifications.callbacks.receive.intake import Intake
from notifications.callbacks.receive.store import Inbound
from notifications.inbound_mail import session, signed_addresses
from notifications.inbound_mail.listener import place, serve
from notifications.inbound_mail.received import KEPT
from notifyproj.core.clock import now
from tests.channels.email.mail_reports import DELIVERY, written

Write = Callable[[Sequence[Inbound]], None]
HOST = "127.0.0.1"


class Listener:
    """The process's own loop, in a thread."""

    def __init__(self) -> None:
        self.rows: list[Inbound] = []
        self.write: Write = self.rows.extend
        with closing(socket.create_server((HOST, 0))) as free:
            self.port: int = free.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))
        self._thread.start()

    async def _run(self) -> None:
        await serve(HOST, self.port, self._stop, Intake(lambda rows: self.write(rows)))

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def connect(self) -> smtplib.SMTP:
        for _ in range(500):
            try:
                return smtplib.SMTP(HOST, self.port, timeout=10)
            except ConnectionRefusedError:
                threading.Event().wait(0.01)
        raise TimeoutError


@pytest.fixture
def listener(settings: Settings) -> Iterator[Listener]:
    settings.BOUNCE_ADDRESS = "bounces.shop.example"
    found = Listener()
    yield found
    found.stop()


def signer() -> Signer:
    found = signed_addresses.signer()
    assert found
    return found


def address(days_ago: int = 0) -> str:
    return signer().bounce(str(DELIVERY), 7, 2, now() - timedelta(days=days_ago))


def bring(listener: Listener, raw: bytes, *to: str) -> None:
    with listener.connect() as server:
        server.sendmail("", to or [address()], raw)


def test_a_bounce_is_stored_for_its_account_before_it_is_confirmed(listener: Listener) -> None:
    to = address()
    raw = written("postfix_unknown", to)

    bring(listener, raw, to)

    (row,) = listener.rows
    assert (row.account_id, row.url) == (7, f"mailto:{to}")
    assert row.headers == {"return-path": ""}
    assert row.body == raw


def test_a_connection_brings_several(listener: Listener) -> None:
    with listener.connect() as server:
        for _ in range(3):
            server.sendmail("", [address()], b"Subject: x\r\n\r\n..dots\r\n.\r\n")

    assert [row.body for row in listener.rows] == [b"Subject: x\r\n\r\n..dots\r\n.\r\n"] * 3


@pytest.mark.parametrize(
    "to",
    [
        "postmaster@bounces.shop.example",
        "someone@elsewhere.example",
        Signer("bounces.shop.example", b"forged").bounce(str(DELIVERY), 7, 2, datetime.now(UTC)),
    ],
)
def test_what_we_did_not_sign_is_refused_before_any_text(listener: Listener, to: str) -> None:
    with listener.connect() as server, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        server.sendmail("", [to], b"x")

    assert refused.value.recipients[to][0] == 550
    assert not listener.rows


def test_an_expired_return_path_is_refused(listener: Listener) -> None:
    with listener.connect() as server:
        server.ehlo()
        server.mail("")
        assert server.rcpt(address(days_ago=GOOD_FOR.days + 2))[0] == 550


def test_who_guesses_addresses_is_hung_up_on(listener: Listener) -> None:
    with listener.connect() as server:
        server.ehlo()
        server.mail("")
        with pytest.raises(smtplib.SMTPServerDisconnected):
            guess(server)


def guess(server: smtplib.SMTP) -> None:
    for n in range(200):
        server.rcpt(f"b{n}@bounces.shop.example")
        threading.Event().wait(0.02 if n > session.MOST_REFUSED else 0)


def test_what_cannot_be_stored_is_not_confirmed(listener: Listener) -> None:
    def fails(rows: Sequence[Inbound]) -> None:
        raise OperationalError

    listener.write = fails
    with listener.connect() as server, pytest.raises(smtplib.SMTPDataError) as refused:
        server.sendmail("", [address()], b"x")

    assert refused.value.smtp_code == 451


def test_of_a_long_mail_the_beginning_is_kept(listener: Listener) -> None:
    bring(listener, b"Subject: x\r\n\r\n" + b"y" * 70 + b"\r\n" + b"z" * 5_000_000)

    assert KEPT <= len(listener.rows[0].body) <= KEPT + 2_000


def test_one_that_is_too_large_is_refused_and_the_next_is_taken(listener: Listener) -> None:
    with listener.connect() as server:
        server.ehlo()
        for size, expected in ((session.MOST_BYTES + 1, 552), (10, 250)):
            server.mail("")
            server.rcpt(address())
            assert server.data(b"x" * size)[0] == expected


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\x00\xff" * 1_000, b".\r\n.\r\n"])
def test_whatever_comes_the_next_mail_is_taken(listener: Listener, raw: bytes) -> None:
    bring(listener, raw)
    bring(listener, b"Subject: x\r\n\r\n")

    assert len(listener.rows) == 2


def test_more_connections_of_a_host_than_it_may_have_are_put_off(listener: Listener) -> None:
    with ExitStack() as open_ones:
        for _ in range(session.MOST_OF_A_HOST):
            open_ones.enter_context(listener.connect())
        with pytest.raises(smtplib.SMTPConnectError) as refused:
            listener.connect()
        assert refused.value.smtp_code == 421

    bring(listener, b"Subject: later\r\n\r\n")
    assert len(listener.rows) == 1


def test_who_says_nothing_is_hung_up_on(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "CONNECTION_SECONDS", 0.2)
    with listener.connect() as server:
        assert server.sock
        server.sock.settimeout(5)
        assert server.sock.recv(100) == b""


def test_half_a_mail_is_none(listener: Listener) -> None:
    server = listener.connect()
    server.ehlo()
    server.mail("")
    server.rcpt(address())
    server.docmd("DATA")
    server.send(b"Subject: x\r\n\r\nhalf")
    server.close()

    bring(listener, b"Subject: whole\r\n\r\n")
    assert [row.body for row in listener.rows] == [b"Subject: whole\r\n\r\n"]


def test_it_speaks_tls_where_it_has_a_certificate(settings: Settings, tmp_path: Path) -> None:
    certificate, key = certificate_of(tmp_path)
    settings.BOUNCE_ADDRESS = "bounces.shop.example"
    settings.BOUNCE_TLS_CERTIFICATE, settings.BOUNCE_TLS_KEY = certificate, key
    listener = Listener()
    try:
        with listener.connect() as server:
            server.starttls(context=ssl.create_default_context(cafile=certificate))
            server.sendmail("", [address()], b"Subject: x\r\n\r\n")
    finally:
        listener.stop()

    assert len(listener.rows) == 1


def test_a_place_is_a_host_and_a_port() -> None:
    places = ["0.0.0.0:2525", "[::1]:25", "2525"]
    assert [place(one) for one in places] == [("0.0.0.0", 2525), ("::1", 25), (HOST, 2525)]


def certificate_of(folder: Path) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    begins = datetime.now(UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1).not_valid_before(begins)
    builder = builder.not_valid_after(begins + timedelta(days=9)).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False
    )
    paths = str(folder / "certificate.pem"), str(folder / "key.pem")
    Path(paths[0]).write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    Path(paths[1]).write_bytes(secret)
    return paths
