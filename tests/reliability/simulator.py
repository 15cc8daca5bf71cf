"""Providers that fail as they are told: a process of its own that answers as APNs, Twilio and a
customer's webhook endpoint do.

    python simulator.py PORT FILE

The first segment of a path is the account. Each arrival is a line of FILE, written before it is
answered: `account id status seconds-since-1970`. `POST /control/ACCOUNT` with a JSON body of
`Behaviour`'s fields changes how it behaves from now on.
"""

import asyncio
import json
import random
import re
import socket
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import parse_qs, urlsplit

import uvloop

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
WORDS: dict[str, dict[int, dict[str, Any]]] = {
    "apns": {429: {"reason": "TooManyRequests"}, 500: {"reason": "InternalServerError"}},
    "twilio": {429: {"code": 20429, "status": 429}, 500: {"code": 20500, "status": 500}},
}


@dataclass(frozen=True, slots=True)
class Behaviour:
    status: int = 200  # of every answer
    delay: float = 0.0  # seconds
    unanswered: float = 0.0  # share of requests that are taken and never answered
    capacity: float = 0.0  # requests a second; above it 429. 0: any number


class Account:
    def __init__(self) -> None:
        self.behaviour = Behaviour()
        self.taken: dict[str, list[dict[str, str]]] = {}  # by number, for look-ups
        self._tokens, self._at = 0.0, time.monotonic()

    def change(self, fields: dict[str, Any]) -> None:
        self.behaviour = replace(Behaviour(), **fields)
        self._tokens, self._at = self.behaviour.capacity, time.monotonic()

    def has_room(self) -> bool:
        rate, now = self.behaviour.capacity, time.monotonic()
        if not rate:
            return True
        self._tokens = min(rate, self._tokens + (now - self._at) * rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Providers:
    """What all connections share."""

    def __init__(self, arrivals: BinaryIO) -> None:
        self.arrivals = arrivals
        self.accounts: dict[str, Account] = {}
        self.rng = random.Random(7)

    def account(self, name: str) -> Account:
        return self.accounts.setdefault(name, Account())

    def note(self, account: str, id_: str, status: int) -> None:
        self.arrivals.write(f"{account} {id_ or '-'} {status} {time.time():.3f}\n".encode())


class Connection(asyncio.Protocol):
    """HTTP/1.1 as far as a client with a content-length in each request needs it."""

    def __init__(self, providers: Providers) -> None:
        self.providers = providers
        self.buffer = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].decode("latin-1").split("\r\n")
            fields = dict(line.split(": ", 1) for line in head[1:])
            fields = {name.lower(): value for name, value in fields.items()}
            size = end + 4 + int(fields.get("content-length", 0))
            if len(self.buffer) < size:
                return
            body, self.buffer = self.buffer[end + 4 : size].decode(), self.buffer[size:]
            method, target, _ = head[0].split(" ", 2)
            self.arrived(method, target, fields, body)

    def arrived(self, method: str, target: str, fields: dict[str, str], body: str) -> None:
        _, name, rest = urlsplit(target).path.split("/", 2)
        if name == "control":
            self.providers.account(rest).change(json.loads(body))
            self.answer(200)
            return
        account = self.providers.account(name)
        if method == "GET":
            number = parse_qs(urlsplit(target).query).get("To", [""])[0]
            self.answer(200, {"messages": account.taken.get(number, [])})
            return
        self.take(name, account, rest, fields, body)

    def take(
        self, name: str, account: Account, rest: str, fields: dict[str, str], body: str
    ) -> None:
        kind = "twilio" if rest.endswith("Messages.json") else "apns"
        found = UUID.search(body) if kind == "twilio" else None
        id_ = found[0] if found else fields.get("apns-id") or fields.get("webhook-id", "")
        behaviour = account.behaviour
        status = behaviour.status if account.has_room() else 429
        self.providers.note(name, id_, status)
        answer: dict[str, Any] = WORDS[kind].get(status, {})
        if status == 200 and kind == "twilio":
            status, answer = 201, self.message(account, id_, body)
        if behaviour.unanswered and self.providers.rng.random() < behaviour.unanswered:
            return
        asyncio.get_running_loop().call_later(behaviour.delay, self.answer, status, answer)

    def message(self, account: Account, id_: str, body: str) -> dict[str, str]:
        form = parse_qs(body)
        number, text = form.get("To", [""])[0], form.get("Body", [""])[0]
        made = {"sid": f"SM{id_.replace('-', '')}", "status": "queued", "body": text, "to": number}
        account.taken.setdefault(number, []).append(made)
        return made

    def answer(self, status: int, body: dict[str, Any] | None = None) -> None:
        text = json.dumps(body).encode() if body else b""
        head = f"HTTP/1.1 {status} -\r\ncontent-length: {len(text)}\r\n\r\n".encode()
        if self.transport and not self.transport.is_closing():
            self.transport.write(head + text)


async def serve(port: int, arrivals: BinaryIO) -> None:
    providers = Providers(arrivals)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(providers), "127.0.0.1", port, family=socket.AF_INET, backlog=1024
    )
    await server.serve_forever()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("ab", buffering=0) as file:
        uvloop.run(serve(int(sys.argv[1]), file))
