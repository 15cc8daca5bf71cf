"""One conversation with a mail server that brings us mail (RFC 5321), within limits."""

import asyncio
import logging
from collections import Counter
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.addresses.signed import BadAddress, Signed
from notifications.callbacks.receive.intake import Intake, NotStored
from notifications.inbound_mail import signed_addresses
from notifications.inbound_mail.received import KEPT, received
from notifyproj.core.clock import now as clock_now

log = logging.getLogger(__name__)

MOST_BYTES = 10 * 1024 * 1024  # of a mail; of these KEPT are kept
MOST_RECIPIENTS = 10
MOST_REFUSED = 10  # recipients of one connection; who asks for more is guessing
MOST_CONNECTIONS, MOST_OF_A_HOST = 50, 10
MOST_COMMANDS = 200  # of each kind, in one connection
COMMAND_SECONDS = 60.0  # for a command, and for the text of a mail
CONNECTION_SECONDS = 300.0

BUSY = b"421 4.3.2 Too many connections, try again later\r\n"
NO_ADDRESS = "550 5.1.1 No such address"
ENOUGH = "452 4.5.3 Too many recipients"
TOO_LARGE = "552 5.3.4 Too large"
LATER = "451 4.3.0 Not stored, try again later"
STORED = "250 2.0.0 Stored"


class Connections:
    """How many there are, and of whom; of one event loop."""

    def __init__(self) -> None:
        self._of_host: Counter[str] = Counter()
        self.gone = asyncio.Event()  # all of them
        self.gone.set()

    def enter(self, host: str) -> bool:
        """False: there are enough."""
        if self._of_host.total() >= MOST_CONNECTIONS or self._of_host[host] >= MOST_OF_A_HOST:
            return False
        self._of_host[host] += 1
        self.gone.clear()
        return True

    def leave(self, host: str) -> None:
        self._of_host[host] -= 1
        self._of_host += Counter()  # without those who left
        if not self._of_host:
            self.gone.set()


class Refusal(asyncio.Protocol):
    """Says that there are too many, and hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        writing = cast(asyncio.WriteTransport, transport)
        writing.write(BUSY)
        writing.close()


class Conversation(SMTP):
    """aiosmtpd's, with a limit to each connection; and of a long mail the beginning is kept, where
    theirs refuses it: what came back to us may carry all that we sent."""

    _host: str | None = None  # of a connection that counts
    _end: asyncio.TimerHandle | None = None

    def __init__(self, connections: Connections, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Again after STARTTLS, over another transport."""
        if self._host is None:
            host = str((transport.get_extra_info("peername") or ("",))[0])
            if not self._connections.enter(host):
                refusal = Refusal()
                transport.set_protocol(refusal)
                refusal.connection_made(transport)
                return
            self._host = host
            self._end = self.loop.call_later(CONNECTION_SECONDS, self._hang_up)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._host is not None:
            self._connections.leave(self._host)
            self._host = None
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(error)

    async def smtp_DATA(self, arg: str | None) -> None:
        if await self.check_helo_needed():
            return
        envelope = cast(Envelope, self.envelope)
        if arg or not envelope.rcpt_tos:
            await self.push("501 5.5.4 DATA stands alone" if arg else "503 5.5.1 RCPT first")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        kept, size = await self._text()
        envelope.content = bytes(kept)
        status = TOO_LARGE
        if size <= MOST_BYTES:
            status = await self.event_handler.handle_DATA(self, self.session, envelope)
        self._set_post_data_state()  # type: ignore[no-untyped-call]  # the library has no types
        await self.push(status)

    async def _text(self) -> tuple[bytearray, int]:
        """(its beginning, its length), up to the final dot."""
        kept, size, at_start = bytearray(), 0, True
        while True:
            try:
                line = await self._reader.readuntil(b"\r\n")
            except asyncio.LimitOverrunError as error:
                line = await self._reader.read(error.consumed)
            if at_start and line == b".\r\n":
                return kept, size
            size += len(line)
            if len(kept) < KEPT:
                kept += line[1:] if at_start and line.startswith(b".") else line
            at_start = line.endswith(b"\r\n")

    def _hang_up(self) -> None:
        if self.transport is not None:
            cast(asyncio.WriteTransport, self.transport).abort()


class Reception:
    """aiosmtpd's handler of one connection: what is ours is stored before it is confirmed."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._refused = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        try:
            _signed(address)
        except BadAddress:
            self._refused += 1
            if self._refused >= MOST_REFUSED and server.transport:
                asyncio.get_running_loop().call_later(0.05, server.transport.close)
            return NO_ADDRESS
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return ENOUGH
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        sender, now = envelope.mail_from or "", clock_now()
        each = dict.fromkeys(envelope.rcpt_tos)
        rows = [received(_signed(to), to, sender, raw, now) for to in each]
        try:
            await asyncio.gather(*(self._intake.put(row) for row in rows))
        except NotStored:
            return LATER
        return STORED

    async def handle_exception(self, error: Exception) -> str:
        log.error("a mail was not taken", extra={"error": type(error).__name__})
        return LATER


def _signed(address: str) -> Signed:
    """Raises BadAddress."""
    return signed_addresses.verify(address, clock_now())
