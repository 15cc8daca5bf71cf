"""The process that takes mail to us: `python -m notifications.inbound_mail.listener`."""

import asyncio
import logging
import os
import signal
import ssl
import sys
from contextlib import suppress

import django
from django.conf import settings

from notifications.callbacks.receive.intake import Intake
from notifications.inbound_mail.session import (
    COMMAND_SECONDS,
    MOST_BYTES,
    MOST_COMMANDS,
    Connections,
    Conversation,
    Reception,
)

PATIENCE = 3.0  # seconds for open conversations at the end

log = logging.getLogger(__name__)


def place(text: str) -> tuple[str, int]:
    """host:port, [::1]:port or port. Raises ValueError."""
    host, _, port = text.rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port)


async def serve(host: str, port: int, stop: asyncio.Event, intake: Intake | None = None) -> None:
    """Runs until `stop`. Raises OSError for a taken port."""
    loop, connections = asyncio.get_running_loop(), Connections()
    taken_by = intake or Intake()
    tls = _tls()

    def conversation() -> Conversation:
        return Conversation(
            connections,
            Reception(taken_by),
            data_size_limit=MOST_BYTES,
            enable_SMTPUTF8=True,
            hostname=_own_name(),
            ident="ESMTP",
            tls_context=tls,
            timeout=COMMAND_SECONDS,
            command_call_limit=MOST_COMMANDS,
            loop=loop,
        )

    server = await loop.create_server(conversation, host, port)
    log.info("mail is taken", extra={"host": host, "port": port})
    await stop.wait()
    server.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await connections.gone.wait()


def main() -> None:
    django.setup()
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # it names addresses
    try:
        host, port = place(settings.BOUNCE_LISTEN)
    except ValueError:
        sys.exit("BOUNCE_LISTEN must be host:port, such as 0.0.0.0:2525")
    if not settings.BOUNCE_ADDRESS:
        sys.exit("BOUNCE_ADDRESS must be set as well: no address of ours is signed without it")
    asyncio.run(_until_told(host, port))


async def _until_told(host: str, port: int) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(host, port, stop)


def _tls() -> ssl.SSLContext | None:
    if not settings.BOUNCE_TLS_CERTIFICATE:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.BOUNCE_TLS_CERTIFICATE, settings.BOUNCE_TLS_KEY or None)
    return context


def _own_name() -> str:
    return str(settings.BOUNCE_ADDRESS).rpartition("@")[2] or "localhost"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "notifyproj.settings")
    main()
