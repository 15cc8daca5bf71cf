"""One SMTP connection: opened, greeted, secured, logged in; and one message over it.

Each phase has a limit of its own (RFC 5321, 4.5.3.2). Until the final dot is on its way a message
was never sent, whatever breaks; only after it is a silence uncertain.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPHeloError, SMTPResponseException, SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol
from aiosmtplib.response import SMTPResponse
from django.conf import settings

from channels.base import SmtpReply, SmtpSend

MOST_ADDRESSES = 3  # of a host that are tried
BLOCK = 65_536  # bytes given to the server at a time
GO_ON = 354
LEADING_DOT = b"\r\n."


@dataclass(slots=True)
class Progress:
    """How far a send has come, for when it breaks."""

    command: str = "CONNECT"
    sent: bool = False  # the final dot is on its way


class Lacking(Exception):
    """The server does not offer what the account wants: NO_STARTTLS or NO_AUTH."""


async def opened(send: SmtpSend, ca: str, addresses: Sequence[str], progress: Progress) -> SMTP:
    """Ready for MAIL. `addresses`: the only ones its host may have; none: looked up here."""
    limits = send.limits
    sock = await _connected(send, addresses)
    command = _limit(send, limits.command)
    client = SMTP(
        hostname=send.host,
        port=None,
        sock=sock,
        local_hostname=settings.EHLO_NAME,
        timeout=command,
        use_tls=send.security == "tls",
        start_tls=False,
        tls_context=None if send.security == "none" else _tls(ca),
    )
    try:
        await client.connect(timeout=_limit(send, limits.greeting))
        await _introduced(client, send, progress)
    except BaseException:
        client.close()
        sock.close()
        raise
    return client


async def transacted(client: SMTP, send: SmtpSend, progress: Progress) -> SmtpReply:
    command = _limit(send, send.limits.command)
    progress.command = "MAIL"
    await _agreed(client.mail(send.sender, timeout=command))
    progress.command = "RCPT"
    await _agreed(client.rcpt(send.recipient, timeout=command))
    progress.command = "DATA"
    asked = await client.execute_command(b"DATA", timeout=_limit(send, send.limits.data))
    if asked.code != GO_ON:
        raise SMTPResponseException(asked.code, asked.message)
    reply = await _handed_over(client, send, progress)
    if reply.code == 421:
        client.close()
    return SmtpReply(reply.code, reply.message)


async def _introduced(client: SMTP, send: SmtpSend, progress: Progress) -> None:
    """EHLO, again within TLS, and the login."""
    progress.command = "EHLO"
    await _greeted(client)
    if send.security == "starttls":
        progress.command = "STARTTLS"
        if not client.supports_extension("starttls"):
            raise Lacking("NO_STARTTLS")
        await client.starttls()
        await client.ehlo()
    if send.username:
        progress.command = "AUTH"
        if not client.supported_auth_methods:
            raise Lacking("NO_AUTH")
        await client.login(send.username, send.password)


async def _greeted(client: SMTP) -> None:
    """HELO where a server knows no EHLO, and so no extension either (RFC 5321, 3.2)."""
    try:
        await client.ehlo()
    except SMTPHeloError as error:
        if not 500 <= error.code < 600:
            raise
        await client.helo()


async def _agreed(asked: Awaitable[SMTPResponse]) -> None:
    """Any yes will do: the first digit is what a client goes by (RFC 5321, 4.3.2)."""
    try:
        await asked
    except SMTPResponseException as error:
        if not 200 <= error.code < 300:
            raise


async def _handed_over(client: SMTP, send: SmtpSend, progress: Progress) -> SMTPResponse:
    """The message, block by block, its dot, and the answer. The answer is awaited from the start: a
    server may refuse in the middle, and what nobody waits for is dropped."""
    protocol = client.protocol
    if protocol is None:
        raise SMTPServerDisconnected("Connection lost")
    answer = asyncio.ensure_future(protocol.read_response())
    try:
        await asyncio.sleep(0)  # until it waits: an answer may come as soon as we write
        await _written(protocol, send, answer)
        if not answer.done():
            progress.sent = True
            protocol.write(b".\r\n")
        async with asyncio.timeout(_limit(send, send.limits.end)):
            reply = await answer
    except BaseException:
        client.close()
        raise
    finally:
        answer.cancel()
    if not progress.sent:
        client.close()  # the rest of the message would be taken for commands
    return reply


async def _written(
    protocol: SMTPProtocol, send: SmtpSend, answer: "asyncio.Future[SMTPResponse]"
) -> None:
    """All but the dot, and out of our hands."""
    data = _stuffed(send.data)
    if protocol.transport is None:
        raise SMTPServerDisconnected("Connection lost")
    cast(asyncio.WriteTransport, protocol.transport).set_write_buffer_limits(high=0)
    for at in range(0, len(data), BLOCK):
        if answer.done():
            return
        protocol.write(data[at : at + BLOCK])
        async with asyncio.timeout(_limit(send, send.limits.block)):
            await protocol._drain_helper()  # as asyncio's own StreamWriter does


def _stuffed(data: bytes) -> bytes:
    """Lines that begin with a dot get another one, and the last line its end."""
    if LEADING_DOT in data:
        data = data.replace(LEADING_DOT, LEADING_DOT + b".")
    if data.startswith(b"."):
        data = b"." + data
    return data if data.endswith(b"\r\n") else data + b"\r\n"


async def _connected(send: SmtpSend, addresses: Sequence[str]) -> socket.socket:
    """To one of these and no other (a second look-up could answer differently). Raises OSError."""
    loop = asyncio.get_running_loop()
    problem = OSError("no address")
    async with _within(send, send.limits.connect):
        for address in addresses[:MOST_ADDRESSES] or await _found(send.host, send.port):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            try:
                await loop.sock_connect(sock, (address, send.port))
                return sock
            except OSError as error:
                sock.close()
                problem = error
            except BaseException:
                sock.close()
                raise
    raise problem


async def _found(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    rows = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))[:MOST_ADDRESSES]


@asynccontextmanager
async def _within(send: SmtpSend, seconds: float) -> AsyncIterator[None]:
    async with asyncio.timeout(_limit(send, seconds)):
        yield


def _limit(send: SmtpSend, seconds: float) -> float:
    return min(seconds, send.timeout)


@lru_cache(maxsize=16)
def _tls(ca: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # Debian's Python leaves it to OpenSSL
    if ca:
        context.load_verify_locations(cadata=ca)
    return context
