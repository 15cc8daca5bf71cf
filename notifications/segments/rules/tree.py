"""What the rules of a segment are made of, once they are read. Pure values.

`path` is where a rule stands in the JSON it came from: what is said about it names the place.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

Scalar = str | int | float | bool

OPENED: Final = "opened"
CLICKED: Final = "clicked"
RECEIVED: Final = "received"
REACTIONS: Final = (OPENED, CLICKED)
ACTIVITIES: Final = (*REACTIONS, RECEIVED)


@dataclass(frozen=True, slots=True)
class Every:
    """All of them hold; without parts: everybody."""

    path: str
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Some:
    path: str
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    path: str
    part: "Node"


@dataclass(frozen=True, slots=True)
class Attribute:
    """`value` is of the kind its operator takes: see `values.OPERATORS`."""

    path: str
    name: str
    operator: str
    value: Scalar | date | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Locale:
    """One of these, or narrower: `de` is also `de-AT`."""

    path: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timezone:
    """One of these; `Europe/` is every zone there."""

    path: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reachable:
    """Has an address of this channel that works and is not suppressed."""

    path: str
    channel: str


@dataclass(frozen=True, slots=True)
class Created:
    path: str
    operator: str
    value: date | int


@dataclass(frozen=True, slots=True)
class Activity:
    """`type` "" and `campaign` 0: any."""

    path: str
    kind: str
    within_days: int
    type: str
    campaign: int
    at_least: int


@dataclass(frozen=True, slots=True)
class InSegment:
    path: str
    slug: str


@dataclass(frozen=True, slots=True)
class Uploaded:
    """Is in the list that was uploaded to this segment."""

    path: str


Leaf = Attribute | Locale | Timezone | Reachable | Created | Activity | InSegment | Uploaded
Node = Every | Some | Not | Leaf


def leaves(node: Node) -> list[Leaf]:
    """In the order in which they stand."""
    if isinstance(node, Not):
        return leaves(node.part)
    if isinstance(node, (Every, Some)):
        return [leaf for part in node.parts for leaf in leaves(part)]
    return [node]
