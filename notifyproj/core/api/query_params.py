"""Pages by key, never by number: page 10,000 costs what page 1 does, and nothing is counted."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from notifyproj.core.api.errors import InvalidFields

T = TypeVar("T")

LIMIT_DEFAULT = 50
LIMIT_MAX = 200
CURSOR_LONGEST = 1_000
BIGINT = 2**63
FLAGS = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}


def read_limit(text: str | None) -> int:
    """Raises InvalidFields."""
    if not text:
        return LIMIT_DEFAULT
    if text.isdecimal() and 1 <= int(text[:9]) <= LIMIT_MAX:
        return int(text[:9])
    raise InvalidFields({"limit": f"`limit` must be between 1 and {LIMIT_MAX}."})


def encode_cursor(key: object) -> str:
    return urlsafe_b64encode(str(key).encode()).rstrip(b"=").decode()


def decode_cursor(text: str, parse: Callable[[str], T]) -> T:
    """The key after which the page starts. Raises InvalidFields."""
    try:
        read = urlsafe_b64decode(text[:CURSOR_LONGEST] + "=" * (-len(text) % 4)).decode()
        key = parse(read)
        if "\x00" in read or (isinstance(key, int) and not -BIGINT <= key < BIGINT):
            raise ValueError("no key of a row")
    except ValueError as error:
        message = "`cursor` must be the `next_cursor` of the previous page."
        raise InvalidFields({"cursor": message}) from error
    return key


def read_choice(name: str, text: str | None, choices: Iterable[str]) -> str:
    """One of `choices`, or "" when nothing is asked. Raises InvalidFields."""
    known = list(choices)
    if text and text not in known:
        raise InvalidFields({name: f"`{name}` must be one of {', '.join(known)}."})
    return text or ""


def read_flag(name: str, text: str | None) -> bool:
    """Raises InvalidFields."""
    return FLAGS[read_choice(name, text and text.lower(), [flag for flag in FLAGS if flag])]


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], object]) -> tuple[list[T], str]:
    """Of `limit + 1` fetched rows: the page, and the cursor of the next one ("" at the end)."""
    page = list(rows[:limit])
    more = len(rows) > limit
    return page, encode_cursor(key(page[-1])) if more else ""
