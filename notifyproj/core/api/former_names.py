"""Fields of the API that were renamed: until `UNTIL` both names are accepted and returned.

A struct declares the former name beside the new one, and inherits from `Renamed`:

    class EventView(Renamed, kw_only=True):
        is_bot: bool
        machine: Annotated[bool | UnsetType, former_name("is_bot")] = UNSET

The code reads and sets the new name only. docs/api-changes.md lists all of them.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, get_type_hints

from msgspec import UNSET, Meta, Struct

UNTIL = date(2027, 3, 1)
REMOVED = f"Removed in the next release, not before {UNTIL}."
NEW_NAME = "new_name"


def deprecation(replacement: str) -> str:
    """What the OpenAPI document says of something that was renamed."""
    return f"Deprecated: use `{replacement}`. {REMOVED}"


def former_name(new_name: str) -> Meta:
    """Marks a field as the former name of the field `new_name`."""
    return Meta(
        description=deprecation(new_name),
        extra_json_schema={"deprecated": True},
        extra={NEW_NAME: new_name},
    )


class Renamed(Struct):
    """Gives a field and its former name the same value, when it is decoded and when it is made."""

    def __post_init__(self) -> None:
        """Raises ValueError, which msgspec turns into a ValidationError, when both differ."""
        for former, new in former_names(type(self)).items():
            old_value, value = getattr(self, former), getattr(self, new)
            if value is UNSET:
                setattr(self, new, old_value)
            elif old_value is UNSET:
                setattr(self, former, value)
            elif old_value != value:
                raise ValueError(
                    f"The field `{former}` was renamed to `{new}`: send one of them, or the same "
                    "value in both."
                )


@cache
def former_names(struct: type[Struct]) -> Mapping[str, str]:
    """{former name: new name}."""
    hints = get_type_hints(struct, include_extras=True)
    found = {name: _new_name(hint) for name, hint in hints.items()}
    return {name: new for name, new in found.items() if new}


def _new_name(hint: Any) -> str:
    metas = [meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, Meta)]
    return next((str(m.extra[NEW_NAME]) for m in metas if m.extra and NEW_NAME in m.extra), "")
