"""What this room asks of rooms above it: it does not know what was sent."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.http import HttpRequest

from notifyproj.core.extension_point import ExtensionPoint
from preferences.models import Recipient


class Table(NamedTuple):
    """A table of a person's page in the admin."""

    title: str
    headers: list[str]
    rows: list[list[object]]
    empty: str
    more: str = ""  # the page with all of them


# What else the person's page shows, as far as whoever asks for it may see it.
person_tables: ExtensionPoint[Callable[[HttpRequest, Recipient], list[Table]]] = ExtensionPoint()
# What rooms above require of a notification type: from what its form says to {field: problem}.
type_requirements: ExtensionPoint[Callable[[Mapping[str, Any]], Mapping[str, str]]] = (
    ExtensionPoint()
)
