"""Instants in query strings."""

from datetime import datetime

from notifyproj.core.errors import InvalidFields


def read_instant(name: str, text: str | None) -> datetime | None:
    """Raises InvalidFields."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidFields({name: "An instant looks like 2026-11-22T09:00:00Z."})
    return found
