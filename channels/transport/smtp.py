"""One message and the reply that decided, over SMTP; connections are kept and used again."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
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
from channels.transport.gate import Gate

MAX_CONNECTIONS = 20  # to one server with one login, in this process
MAX_MESSAGES = 100  # over one connection
MOST_ADDRESSES = 3  # of a host that are tried
MAX_IDLE = 20.0  # seconds; servers hang up on idle clients after some minutes

Answer = SmtpReply | TransportFailure
Login = tuple[str, int, str, str, str, str]


@dataclass(slots=True)
class _Connection:
    client: SMTP
    messages: int = 0
    idle_since: float = 0.0


@dataclass(slots=True)
class _Server:
    gate: Gate
    idle: list[_Connection] = field(default_factory=list)


@dataclass(slots=True)
class _Progress:
    """How far a send has come, for when its time is over."""

    command: str = "CONNECT"
    connection: _Connection | None = None


class SmtpPool:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._servers: dict[Login, _Server] = {}

    async def send(
        self, account: Account, send: SmtpSend, deadline: float, addresses: Sequence[str] = ()
    ) -> Answer:
        """`deadline`, monotonic, is for the start; `send.timeout` is for all the rest.

        `addresses` are the only ones that its host may have; without them it is looked up here.
        """
        login = (send.host, send.port, send.security, send.username, send.password)
        key = (*login, account.ca_certificate)
        server = self._servers.get(key)
        if server is None:
            server = self._servers[key] = _Server(Gate(MAX_CONNECTIONS))
        async with server.gate.place(deadline) as entered:
            if not entered:
                return NOT_STARTED
            return await self._within(server, send, account.ca_certificate, addresses)

    def close(self) -> None:
        for server in self._servers.values():
            for connection in server.idle:
                connection.client.close()
        self._servers.clear()

    async def _within(
        self, server: _Server, send: SmtpSend, ca: str, addresses: Sequence[str]
    ) -> Answer:
        progress = _Progress()
        answer: Answer
        try:
            async with asyncio.timeout(send.timeout):
                progress.connection = await _take(server, send, ca, addresses)
                answer = await _transact(progress.connection.client, send, progress)
        except SMTPResponseException as error:
            answer = SmtpReply(error.code, error.message, _refused(error, progress.command))
        except (SMTPException, OSError, ValueError) as error:
            answer = _failure(error, progress.command)
        _give_back(server, progress.connection, answer)
        return answer


async def _take(server: _Server, send: SmtpSend, ca: str, addresses: Sequence[str]) -> _Connection:
    """A connection that answers: a kept one, reset, else a new one."""
    while server.idle:
        connection = server.idle.pop()
        if connection.idle_since + MAX_IDLE > monotonic():
            with suppress(SMTPException, ConnectionError):
                await connection.client.rset()
                return connection
        connection.client.close()
    sock = await _connected(addresses, send.port) if addresses else None
    client = SMTP(
        hostname=send.host,
        port=None if sock else send.port,
        sock=sock,
        username=send.username or None,
        password=send.password or None,
        local_hostname=_own_name(),
        timeout=send.timeout,
        use_tls=send.security == "tls",
        start_tls=send.security == "starttls",
        tls_context=None if send.security == "none" else _tls(ca),
    )
    await client.connect()
    return _Connection(client)


async def _connected(addresses: Sequence[str], port: int) -> socket.socket:
    """To one of these and no other (a second look-up could answer differently). Raises OSError."""
    loop = asyncio.get_running_loop()
    problem = OSError("no address")
    for address in addresses[:MOST_ADDRESSES]:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            await loop.sock_connect(sock, (address, port))
            return sock
        except OSError as error:
            sock.close()
            problem = error
        except BaseException:
            sock.close()
            raise
    raise problem


async def _transact(client: SMTP, send: SmtpSend, progress: _Progress) -> SmtpReply:
    progress.command = "MAIL"
    await client.mail(send.sender)
    progress.command = "RCPT"
    await client.rcpt(send.recipient)
    progress.command = "DATA"
    reply = await client.data(send.data)
    return SmtpReply(reply.code, reply.message)


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


def _failure(error: Exception, command: str) -> Answer:
    if type(error) in (SMTPException, SMTPNotSupported):  # no STARTTLS or AUTH where we need it
        return SmtpReply(530, str(error), command)
    reason = f"{command}: {type(error).__name__}"
    return TransportFailure(command == "DATA", reason, isinstance(error, TimeoutError))


def _refused(error: SMTPResponseException, command: str) -> str:
    if isinstance(error, SMTPAuthenticationError):
        return "AUTH"
    return "CONNECT" if isinstance(error, SMTPConnectResponseError) else command


@lru_cache(maxsize=16)
def _tls(ca: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca:
        context.load_verify_locations(cadata=ca)
    return context


@lru_cache(maxsize=1)
def _own_name() -> str:
    name = socket.gethostname()
    return name if name.isascii() and name.replace(".", "").replace("-", "").isalnum() else "notify"
