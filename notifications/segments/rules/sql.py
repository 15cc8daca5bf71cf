"""A piece of SQL with its values. Pure."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple


class Where(NamedTuple):
    """A condition on `r`, a row of `recipient`, with the values of its `%s`."""

    sql: str
    params: list[Any]


def days_from(at: datetime, days: int) -> str:
    """ISO, so that days sort as text."""
    return (at + timedelta(days=days)).date().isoformat()
