"""How a type says what it collects, checked where it is written."""

import math
from collections.abc import Mapping
from datetime import time
from typing import Any

SHAPE = '{"by": "order_id", "count": 20, "seconds": 3600, "at": "18:00"}'
CLOSED_BY = ("count", "seconds", "at")
MOST_ITEMS = 10_000
LONGEST = 7 * 86_400
LONGEST_NAME = 100


def checked_digest(said: object) -> dict[str, Any]:
    """Raises ValueError, which says what is wrong. {}: nothing is collected."""
    if not said and isinstance(said, Mapping):
        return {}
    if not isinstance(said, Mapping) or not said.keys() <= {"by", *CLOSED_BY}:
        raise ValueError(f"Write it as {SHAPE}.")
    if not any(said.get(name) for name in CLOSED_BY):
        raise ValueError("Say what closes it: one of count, seconds and at.")
    by = said.get("by", "")
    if not isinstance(by, str) or len(by) > LONGEST_NAME:
        raise ValueError("“by” is the name of a variable.")
    if "count" in said and not _is_whole(said["count"], 2, MOST_ITEMS):
        raise ValueError(f"“count” is a number from 2 to {MOST_ITEMS:,}.")
    if "seconds" in said and not _is_number(said["seconds"], 1, LONGEST):
        raise ValueError("“seconds” is a number from 1, up to 7 days.")
    if "at" in said and not _is_clock(said["at"]):
        raise ValueError("“at” is a time of day: 18:00.")
    return dict(said)


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and _is_number(value, least, most)


def _is_number(value: object, least: int, most: int) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    return least <= value <= most


def _is_clock(value: object) -> bool:
    """Hours and minutes, without a zone: it is the person's."""
    try:
        return isinstance(value, str) and f"{time.fromisoformat(value):%H:%M}" == value
    except ValueError:
        return False
