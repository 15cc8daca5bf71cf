"""Instants in query strings."""

from datetime import UTC, datetime

from notifyproj.core.api.errors import InvalidFields

FIRST, LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


def read_bound(name: str, text: str | None) -> datetime | None:
    """The bound of a list: one beyond all rows is as good as the first or last instant there is.

    Raises InvalidFields.
    """
    found = _parsed(name, text)
    return found and min(max(found, FIRST), LAST)


def read_instant(name: str, text: str | None) -> datetime | None:
    """An instant to reckon with. Raises InvalidFields."""
    found = _parsed(name, text)
    if found and not is_in_range(found):
        raise InvalidFields(
            {name: f"`{name}` must be between the years {FIRST.year} and {LAST.year}."}
        )
    return found


def is_in_range(at: datetime) -> bool:
    """Whether it can be moved by some days and zones, and is the time of an id."""
    return FIRST <= at < LAST


def _parsed(name: str, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        message = f"`{name}` must be a time with a UTC offset, such as 2026-11-22T09:00:00Z."
        raise InvalidFields({name: message})
    return found
