"""Make a text fit into a payload of limited size, without breaking what people see as a letter."""

import json
import unicodedata
from hashlib import sha256
from typing import Any

from msgspec.json import Encoder

ENCODER = Encoder()  # a tenth of what the standard library takes
ELLIPSIS = "…"
JOINER = "\u200d"


def encode(value: Any) -> bytes:
    """Compact JSON in UTF-8, characters as themselves: the form whose size providers count."""
    try:
        return ENCODER.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


def shorten(text: str, budget: int) -> str:
    """The longest beginning of `text`, with an ellipsis, whose JSON form is `budget` bytes at most.

    Returns "" when nothing fits. Quotes are not counted.
    """
    if _size(text) <= budget:
        return text
    low, high = 0, min(len(text), max(budget, 0))
    while low < high:
        middle = (low + high + 1) // 2
        if _size(text[:middle]) + _size(ELLIPSIS) <= budget:
            low = middle
        else:
            high = middle - 1
    while low and not is_boundary(text, low):
        low -= 1
    kept = text[:low].rstrip()
    return kept + ELLIPSIS if kept else ""


def collapse_id(key: str) -> str:
    """`key` as an apns-collapse-id: at most 64 bytes that may stand in a header."""
    raw = key.encode("utf-8", "replace")
    if len(raw) <= 64 and key.isascii() and key.isprintable():
        return key
    return sha256(raw).hexdigest()


def is_boundary(text: str, index: int) -> bool:
    """Whether `text` may be cut before `index`: a practical subset of UAX #29."""
    before, after = text[index - 1], text[index]
    if JOINER in (before, after) or unicodedata.category(after)[0] == "M":
        return False
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return False  # a skin tone; the tags of a regional flag
    if _is_flag_half(after):
        halves = 0
        while halves < index and _is_flag_half(text[index - 1 - halves]):
            halves += 1
        return halves % 2 == 0
    return (before, after) != ("\r", "\n")


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _size(text: str) -> int:
    return len(encode(text)) - 2
