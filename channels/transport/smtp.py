"""One message and the reply that decided, over SMTP; connections are kept and used again."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPConnectResponseError,
    SMTPException,
    SMTPNotSupported,
    SMTPResponseException,
)

from channels.base import NOT_STARTED, Account, SmtpReply, SmtpSend, TransportFailure
from channels.transport.in_flight import Flow, Flows
from channels.transport.smtp_session import Lacking, Progress, opened, transacted
from channels.transport.window import Window

MAX_CONNECTIONS = 20  # to one server with one login, in this process; fewer where it is slow
LONG = 60.0  # seconds of a transaction: no load is meant to bring a server near that
SLOW = 0.5  # seconds of a transaction; above, what comes is paced
AHEAD = 4.0  # seconds of its pace that a quick server has before it: half of what may wait to start
MAX_MESSAGES = 100  # over one connection
MAX_IDLE = 20.0  # seconds; servers hang up on idle clients after some minutes
RESET = 5.0  # seconds a kept connection has to show that it is alive

# https://www.openssl.org/docs/man3.0/man3/X509_STORE_CTX_get_error.html
UNKNOWN_CA = (2, 18, 19, 20, 21)
CERTIFICATE = {
    **dict.fromkeys(
        UNKNOWN_CA,
        ("tls_unknown_ca", "The mail server's certificate is of a CA that nobody here knows"),
    ),
    9: ("tls_not_yet_valid", "The mail server's certificate is not valid yet"),
    10: ("tls_expired", "The mail server's certificate has expired"),
    62: ("tls_wrong_name", "The mail server's certificate is for another name"),
    64: ("tls_wrong_name", "The mail server's certificate is for another name"),
}
TLS_CERTIFICATE = ("tls_certificate", "The mail server's certificate cannot be trusted")
TLS_FAILED = ("tls_failed", "No TLS connection to the mail server could be made")
TLS_TOO_OLD = ("tls_too_old", "The mail server speaks no TLS that is still safe (1.2 or newer)")
# https://docs.openssl.org/3.0/man3/SSL_get_error: the reasons of a version that one side refuses
OLD = frozenset({"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "WRONG_SSL_VERSION"})
LOST = ("smtp_protocol", "The mail server's reply could not be understood")

Answer = SmtpReply | TransportFailure
Login = tuple[str, int, str, str, str, str]


@dataclass(slots=True)
class _Connection:
    client: SMTP
    messages: int = 0
    idle_since: float = 0.0


@dataclass(slots=True)
class _Server:
    flow: Flow
    idle: list[_Connection] = field(default_factory=list)


class SmtpPool:
    """Belongs to one event loop. `flows` learns how fast the server of each account is."""

    def __init__(self, flows: Flows | None = None) -> None:
        self._servers: dict[Login, _Server] = {}
        self._flows = flows or Flows()

    async def send(
        self, account: Account, send: SmtpSend, deadline: float, addresses: Sequence[str] = ()
    ) -> Answer:
        """`deadline`, monotonic, is for the start; `send.limits` are for the phases of the rest.

        `addresses` are the only ones that its host may have; without them it is looked up here.
        """
        server = self._server(account, send)
        if not await server.flow.enter(deadline):
            return NOT_STARTED
        started = monotonic()
        try:
            return await _sent(server, send, account.ca_certificate, addresses)
        finally:
            server.flow.leave(started)

    def _server(self, account: Account, send: SmtpSend) -> _Server:
        login = (send.host, send.port, send.security, send.username, send.password)
        key = (*login, account.ca_certificate)
        if key not in self._servers:
            limit = min(send.limits.end, send.timeout, LONG)
            flow = Flow(Window(MAX_CONNECTIONS, limit, slow_after=SLOW), AHEAD)
            self._servers[key] = _Server(flow)
        self._flows.put(account.id, SmtpPool, self._servers[key].flow)
        return self._servers[key]

    def close(self) -> None:
        for server in self._servers.values():
            for connection in server.idle:
                connection.client.close()
        self._servers.clear()


async def _sent(server: _Server, send: SmtpSend, ca: str, addresses: Sequence[str]) -> Answer:
    progress, connection = Progress(), None
    answer: Answer
    try:
        connection = await _kept(server, send)
        if connection is None:
            connection = _Connection(await opened(send, ca, addresses, progress))
        answer = _understood(await transacted(connection.client, send, progress), progress)
    except Lacking as error:
        answer = SmtpReply(530, "", str(error))
    except SMTPResponseException as error:
        reply = SmtpReply(error.code, error.message, _refused(error, progress.command))
        answer = _understood(reply, progress)
    except (SMTPException, OSError, ValueError) as error:
        answer = _failure(error, progress)
    _give_back(server, connection, answer)
    return answer


async def _kept(server: _Server, send: SmtpSend) -> _Connection | None:
    """A connection that was used before and still responds."""
    while server.idle:
        connection = server.idle.pop()
        if connection.idle_since + MAX_IDLE > monotonic():
            with suppress(SMTPException, OSError):
                await connection.client.rset(timeout=min(RESET, send.timeout))
                return connection
        connection.client.close()
    return None


def _give_back(server: _Server, connection: _Connection | None, answer: Answer) -> None:
    if connection is None:
        return
    connection.messages += 1
    spent = connection.messages >= MAX_MESSAGES or not connection.client.is_connected
    if spent or isinstance(answer, TransportFailure):
        connection.client.close()
        return
    connection.idle_since = monotonic()
    server.idle.append(connection)


def _understood(reply: SmtpReply, progress: Progress) -> Answer:
    """A refusal, or a yes to the whole message. Anything else is of a server that has lost its
    place in the talk, or of none: before the dot it took nothing, after it nobody knows."""
    taken = progress.sent and 200 <= reply.code < 300
    if taken or 400 <= reply.code < 600:
        return reply
    return TransportFailure(progress.sent, LOST[1], code=LOST[0])


def _failure(error: Exception, progress: Progress) -> Answer:
    if type(error) in (SMTPException, SMTPNotSupported) and progress.command == "AUTH":
        return SmtpReply(530, "", "NO_AUTH")
    named = _named(error)
    if named and not progress.sent:
        return TransportFailure(False, named[1], code=named[0])
    reason = f"{progress.command}: {type(error).__name__}"
    return TransportFailure(progress.sent, reason, isinstance(error, TimeoutError))


def _named(error: BaseException) -> tuple[str, str] | None:
    """(code, in our words) of a failure of TLS, whatever it was wrapped in."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return CERTIFICATE.get(cause.verify_code, TLS_CERTIFICATE)
        if isinstance(cause, ssl.SSLError):
            return TLS_TOO_OLD if cause.reason in OLD else TLS_FAILED
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _refused(error: SMTPResponseException, command: str) -> str:
    if isinstance(error, SMTPAuthenticationError):
        return "AUTH"
    return "CONNECT" if isinstance(error, SMTPConnectResponseError) else command
