"""The simulators' own process: `python -m channels.sandbox.serve --http-port N --smtp-port M`."""

import argparse
import asyncio
import logging
import signal
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

import django

HOST = "127.0.0.1"  # never elsewhere: logins come in clear
LAST = 2.0  # seconds at the end to write what was received
PATIENCE = 0.5  # seconds for open requests at the end; aiohttp waits for it up to three times


@dataclass(frozen=True)
class Ports:
    http: int
    smtp: int


async def serve(ports: Ports, stop: asyncio.Event) -> None:
    """Runs until `stop`. Raises OSError for a taken port."""
    from aiohttp import web  # Django has to be set up before the models are imported

    from channels.sandbox.http import MAX_BODY, Front
    from channels.sandbox.kit.accounts import Directory
    from channels.sandbox.kit.callbacks import Callbacks
    from channels.sandbox.kit.database import Database
    from channels.sandbox.kit.recorder import Recorder
    from channels.sandbox.providers.email.smtp import mail_server
    from channels.sandbox.simulators import simulators

    async with AsyncExitStack() as stack:
        database = Database()
        stack.callback(database.close)
        recorder, directory = Recorder(), Directory(database, time.monotonic)
        stack.callback(recorder.stop, LAST)
        callbacks = Callbacks()
        stack.push_async_callback(callbacks.close)
        front = Front(simulators(), directory, recorder, callbacks)
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("*", "/{path:.*}", front.handle)
        runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=PATIENCE
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, HOST, ports.http, backlog=1024).start()
        loop = asyncio.get_running_loop()
        smtp = await loop.create_server(lambda: mail_server(directory, recorder), HOST, ports.smtp)
        stack.callback(smtp.close)
        await stop.wait()


async def _until_told(ports: Ports) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve(ports, stop)


def main(arguments: list[str]) -> int:
    from django.conf import settings

    parser = argparse.ArgumentParser(prog="python -m channels.sandbox.serve", description=__doc__)
    parser.add_argument("--http-port", type=int, default=8002)
    parser.add_argument("--smtp-port", type=int, default=8003)
    chosen = parser.parse_args(arguments)
    if not settings.SANDBOX:
        parser.exit(2, "The sandbox is off: set SANDBOX=1 (it is on by itself with DEBUG=1)\n")
    django.setup()
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's: a line a command
    try:
        asyncio.run(_until_told(Ports(chosen.http_port, chosen.smtp_port)))
    except OSError as error:
        parser.exit(1, f"The sandbox cannot listen: {error.strerror or error}\n")
    return 0


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "notifyproj.settings")
    sys.exit(main(sys.argv[1:]))
