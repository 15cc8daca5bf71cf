"""A provider that outlives everything: a process of its own that answers as APNs does.

    python stand_in.py PORT FILE

Every arrival is appended to FILE before it is answered, its `apns-id` (36 characters) a line, so
the file's size counts them. `POST /delay/SECONDS` sets how long an answer takes.
"""

import asyncio
import socket
import sys
from pathlib import Path
from typing import BinaryIO, cast

import uvloop

LINE = 37  # an id and its end of line
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Provider:
    """What all connections share."""

    def __init__(self, arrivals: BinaryIO) -> None:
        self.arrivals = arrivals
        self.delay = 0.0


class Connection(asyncio.Protocol):
    """HTTP/1.1 as far as a client with a content-length in each request needs it."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.buffer = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].decode("latin-1").split("\r\n")
            fields = dict(line.lower().split(": ", 1) for line in head[1:])
            size = end + 4 + int(fields.get("content-length", 0))
            if len(self.buffer) < size:
                return
            self.buffer = self.buffer[size:]
            self.arrived(head[0].split(" ")[1], fields.get("apns-id", ""))

    def arrived(self, path: str, id_: str) -> None:
        if path.startswith("/delay/"):
            self.provider.delay = float(path.removeprefix("/delay/"))
            self.answer()
            return
        self.provider.arrivals.write(id_.ljust(LINE - 1).encode() + b"\n")
        asyncio.get_running_loop().call_later(self.provider.delay, self.answer)

    def answer(self) -> None:
        if self.transport and not self.transport.is_closing():
            self.transport.write(ANSWER)


async def serve(port: int, arrivals: BinaryIO) -> None:
    provider = Provider(arrivals)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(provider), "127.0.0.1", port, family=socket.AF_INET, backlog=1024
    )
    await server.serve_forever()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("ab", buffering=0) as file:
        uvloop.run(serve(int(sys.argv[1]), file))
