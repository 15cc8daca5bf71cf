"""One message to a mail server, real ones (aiosmtpd) and bad ones (bare sockets)."""

import queue
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from channels.base import NOT_STARTED, OutcomeKind, SmtpReply, SmtpSend, TransportFailure
from channels.email.smtp import adapter as smtp
from channels.transport.loop import Transport
from notifyproj.launch.servers.valkey import free_port
from tests.channels import peers
from tests.channels.conftest import Send
from tests.channels.peers import Authority, serving
from tests.channels.samples import account


class Mailbox:
    """Keeps what it gets; `refusals` answer a command of that name, `sessions` are seen."""

    def __init__(self, **refusals: str) -> None:
        self.refusals = refusals
        self.received: list[bytes] = []
        self.sessions: set[int] = set()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "RCPT" in self.refusals and address.startswith("dead"):
            return self.refusals["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.refusals.get("MAIL", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.received.append(envelope.content)
        self.sessions.add(id(session))
        return self.refusals.get("DATA", "250 2.0.0 Ok: queued as 1")


@contextmanager
def server(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def mail(port: int, **changes: Any) -> SmtpSend:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": port, "security": "none", "username": ""}
    values |= {"password": "", "sender": "shop@example.com", "recipient": "ada@example.org"}
    values |= {"data": b"Subject: Hi\r\n\r\n.dot\r\nHello\r\n", "timeout": 3.0}
    return SmtpSend(**(values | changes))


def test_a_message_arrives_byte_for_byte(send: Send) -> None:
    mailbox = Mailbox()
    with server(mailbox) as port:
        outcome, reply = send(account("smtp"), smtp, mail(port))
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert reply == SmtpReply(250, "2.0.0 Ok: queued as 1", "DATA")
    assert mailbox.received == [b"Subject: Hi\r\n\r\n.dot\r\nHello\r\n"]


def test_a_connection_is_used_again(send: Send) -> None:
    mailbox = Mailbox()
    with server(mailbox) as port:
        for _ in range(5):
            send(account("smtp"), smtp, mail(port))
    assert (len(mailbox.received), len(mailbox.sessions)) == (5, 1)


def test_a_connection_carries_a_hundred_messages_at_most(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.transport.smtp.MAX_MESSAGES", 2)
    mailbox = Mailbox()
    with server(mailbox) as port:
        for _ in range(4):
            send(account("smtp"), smtp, mail(port))
    assert len(mailbox.sessions) == 2


def test_a_connection_the_server_closed_is_replaced(send: Send) -> None:
    connections = []

    def once(connection: socket.socket) -> None:
        connections.append(connection)
        _speak(connection, messages=1)

    with serving(once) as port:
        outcomes = [send(account("smtp"), smtp, mail(port))[0].kind for _ in range(3)]
    assert outcomes == [OutcomeKind.ACCEPTED] * 3
    assert len(connections) == 3


def test_a_batch_opens_twenty_connections_at_most(transport: Transport) -> None:
    mailbox = Mailbox()
    results: queue.Queue[Any] = queue.Queue()
    with server(mailbox) as port:
        job = ("key", account("smtp"), smtp, mail(port), time.monotonic() + 5)
        transport.submit([job] * 60, lambda *result: results.put(result))
        kinds = {results.get(timeout=8)[1].kind for _ in range(60)}
    assert kinds == {OutcomeKind.ACCEPTED}
    assert 1 < len(mailbox.sessions) <= 20


def test_what_waits_too_long_for_a_connection_does_not_start(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.transport.smtp.MAX_CONNECTIONS", 1)
    results: queue.Queue[Any] = queue.Queue()
    with serving(peers.hang) as port:
        job = ("key", account("smtp"), smtp, mail(port, timeout=0.4), time.monotonic() + 0.2)
        transport.submit([job, job], lambda *result: results.put(result))
        answers = [results.get(timeout=5)[2] for _ in range(2)]
    assert [answer is NOT_STARTED for answer in answers] == [True, False]


def test_a_refused_recipient_leaves_the_connection_usable(send: Send) -> None:
    mailbox = Mailbox(RCPT="550 5.1.1 No such user")
    with server(mailbox) as port:
        outcome, reply = send(account("smtp"), smtp, mail(port, recipient="dead@example.org"))
        again, _ = send(account("smtp"), smtp, mail(port))
    assert (outcome.kind, again.kind) == (OutcomeKind.BAD_RECIPIENT, OutcomeKind.ACCEPTED)
    assert reply == SmtpReply(550, "5.1.1 No such user", "RCPT")


@pytest.mark.parametrize(
    ("command", "reply", "kind"),
    [
        ("MAIL", "553 5.1.8 Sender refused", OutcomeKind.MISCONFIGURED),
        ("MAIL", "451 4.3.0 Later", OutcomeKind.RETRY),
        ("DATA", "552 5.3.4 Too big", OutcomeKind.REJECTED),
        ("DATA", "421 4.7.0 Too many messages", OutcomeKind.THROTTLED),
    ],
)
def test_the_reply_that_decided_is_classified(
    send: Send, command: str, reply: str, kind: OutcomeKind
) -> None:
    with server(Mailbox(**{command: reply})) as port:
        outcome, answer = send(account("smtp"), smtp, mail(port))
    assert outcome.kind is kind
    assert isinstance(answer, SmtpReply)
    assert (answer.command, answer.code) == (command, int(reply[:3]))


def test_starttls_is_used_and_its_certificate_checked(send: Send, authority: Authority) -> None:
    mailbox = Mailbox()
    private = account("smtp", ca_certificate=authority.ca)
    with server(mailbox, tls_context=authority.context(), require_starttls=True) as port:
        outcome, _ = send(private, smtp, mail(port, security="starttls", host="localhost"))
        refused, failure = send(
            account("smtp"), smtp, mail(port, security="starttls", host="localhost")
        )
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert refused.kind is OutcomeKind.RETRY
    assert isinstance(failure, TransportFailure)
    assert len(mailbox.received) == 1


def test_tls_from_the_first_byte(send: Send, authority: Authority) -> None:
    with server(Mailbox(), ssl_context=authority.context()) as port:
        private = account("smtp", ca_certificate=authority.ca)
        outcome, _ = send(private, smtp, mail(port, security="tls"))
    assert outcome.kind is OutcomeKind.ACCEPTED


def test_a_server_without_starttls_gets_nothing(send: Send) -> None:
    mailbox = Mailbox()
    with server(mailbox) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port, security="starttls"))
    assert outcome.kind is OutcomeKind.MISCONFIGURED
    assert mailbox.received == []


@pytest.mark.parametrize(
    ("password", "kind"),
    [("secret", OutcomeKind.ACCEPTED), ("wrong", OutcomeKind.MISCONFIGURED)],
)
def test_a_login_that_is_refused_is_a_misconfiguration(
    send: Send, password: str, kind: OutcomeKind
) -> None:
    def check(*arguments: Any) -> AuthResult:
        given = arguments[-1]
        return AuthResult(success=given.password == b"secret", handled=False)

    options = {"authenticator": check, "auth_required": True, "auth_require_tls": False}
    with server(Mailbox(), **options) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port, username="shop", password=password))
    assert outcome.kind is kind


def test_without_a_connection_nothing_left(send: Send) -> None:
    with peers.refusing() as port:
        outcome, failure = send(account("smtp"), smtp, mail(port))
    assert isinstance(failure, TransportFailure)
    assert (failure.sent, outcome.kind) == (False, OutcomeKind.RETRY)


@pytest.mark.parametrize(
    ("until", "sent"), [("", False), ("EHLO", False), ("MAIL", False), ("RCPT", False), (".", True)]
)
@pytest.mark.parametrize("hanging", [False, True])
def test_only_after_the_message_itself_is_a_loss_uncertain(
    send: Send, until: str, sent: bool, hanging: bool
) -> None:
    def stop(connection: socket.socket) -> None:
        _speak(connection, until=until)
        if hanging:
            time.sleep(2)

    with serving(stop) as port:
        _, failure = send(account("smtp"), smtp, mail(port, timeout=0.6))
    assert isinstance(failure, TransportFailure)
    assert (failure.sent, failure.timed_out) == (sent, hanging)


def _speak(connection: socket.socket, *, until: str = "never", messages: int = 9) -> None:
    """A mail server that stops before it answers the command `until`; "" is the greeting."""
    lines = connection.makefile("rb")
    if until == "":
        return
    connection.sendall(b"220 mail.example ESMTP\r\n")
    in_data = False
    for line in lines:
        verb = line[:4].decode().strip().upper()
        if in_data and line != b".\r\n":
            continue
        if verb == until or (messages == 0 and verb == "RSET"):
            return
        messages -= verb == "."
        in_data = verb == "DATA"
        connection.sendall(b"354 Go on\r\n" if in_data else b"250 OK\r\n")
