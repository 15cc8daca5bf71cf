"""Pages by key, never by number: page 10,000 costs what page 1 does, and nothing is counted."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import TypeVar

from notifyproj.core.errors import InvalidFields

T = TypeVar("T")

LIMIT_DEFAULT = 50
LIMIT_MAX = 200


def read_limit(text: str | None) -> int:
    """Raises InvalidFields."""
    if not text:
        return LIMIT_DEFAULT
    if text.isdecimal() and 1 <= int(text[:9]) <= LIMIT_MAX:
        return int(text[:9])
    raise InvalidFields({"limit": f"A whole number from 1 to {LIMIT_MAX}."})


def encode_cursor(key: object) -> str:
    return urlsafe_b64encode(str(key).encode()).rstrip(b"=").decode()


def decode_cursor(text: str, parse: Callable[[str], T]) -> T:
    """The key after which the page starts. Raises InvalidFields."""
    try:
        return parse(urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    except ValueError as error:
        raise InvalidFields({"cursor": "Use `next_cursor` of the page before."}) from error


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], object]) -> tuple[list[T], str]:
    """Of `limit + 1` fetched rows: the page, and the cursor of the next one ("" at the end)."""
    page = list(rows[:limit])
    more = len(rows) > limit
    return page, encode_cursor(key(page[-1])) if more else ""
