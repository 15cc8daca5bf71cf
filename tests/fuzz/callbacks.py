"""What a provider may send us, true or forged: recorded callbacks, damaged."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from channels.base import InboundRequest

FIXTURES = Path(__file__).parents[1] / "fixtures"
URL = "https://notify.example/hooks/{}/one?d=x&a=1"
VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**63, 1e308, "", "\0", "x" * 100_000, "\ud800", "رضا", [], {}, [[]]),
    *({"a": {"b": []}}, ["x"] * 1_000, "2026-13-40T99:99:99Z", "99999999999999999999"),
)
CONTENT_TYPES = (
    *("application/json", "application/x-www-form-urlencoded", "text/plain; charset=utf-7"),
    *("multipart/form-data; boundary=x", "multipart/form-data", "message/rfc822", ""),
)


def bodies(kind: str) -> list[bytes]:
    """Returns the recorded bodies of a provider, and some of others."""
    files = [path.read_bytes() for path in sorted((FIXTURES / kind).glob("callback*"))]
    found = [body for content in files for body in _rows(content)]
    return [*found, b"", b"{}", b"[]", b"null", b"[" * 5_000, b"a=1&b=2", b"\xff\xfe"]


def _rows(content: bytes) -> list[bytes]:
    """Of a list of callbacks, the body of each; of anything else, itself."""
    try:
        rows = [row["body"] for row in json.loads(content)]
    except (ValueError, TypeError, KeyError):
        return [content]
    return [json.dumps(body).encode() for body in rows]


def requests(kind: str, chance: random.Random) -> Iterator[InboundRequest]:
    known = bodies(kind)
    while True:
        body = _changed(chance, chance.choice(known))
        headers = {"content-type": chance.choice(CONTENT_TYPES), "x-amz-sns-message-type": "x"}
        yield InboundRequest("POST", URL.format(kind), headers, body)


def _changed(chance: random.Random, body: bytes) -> bytes:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return _damaged(chance, body)
    for _ in range(chance.randrange(4)):
        value = _replaced(chance, value)
    raw = json.dumps(value).encode("utf-8", "surrogatepass")
    return _damaged(chance, raw) if chance.random() < 0.2 else raw


def _replaced(chance: random.Random, value: Any) -> Any:
    """One value somewhere inside is another."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(sorted(value))
        return {**value, name: _replaced(chance, value[name])}
    if isinstance(value, list) and value and chance.random() < 0.9:
        at = chance.randrange(len(value))
        return [*value[:at], _replaced(chance, value[at]), *value[at + 1 :]]
    return chance.choice(VALUES)


def _damaged(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + chance.randbytes(chance.choice((0, 1, 8))) + body[at + chance.randrange(9) :]
