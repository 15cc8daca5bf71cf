"""The tree of a segment's rules into one SQL condition on `r`, a row of `recipient`. Pure.

Whatever somebody wrote into a rule is a parameter; no part of the text comes from outside. A
condition is true or false, never null, so that `not` means what it says, and none can fail on
what a person's attributes hold: a text is not less than 5, it is simply not a number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from channels.base import Channel
from channels.locales import prefixes
from notifications.segments.rules.attributes import ATTRIBUTE
from notifications.segments.rules.sql import Where, days_from
from notifications.segments.rules.tree import (
    CLICKED,
    OPENED,
    RECEIVED,
    Activity,
    Attribute,
    Created,
    Every,
    InSegment,
    Leaf,
    Locale,
    Node,
    Not,
    Reachable,
    Some,
    Timezone,
    Uploaded,
)

KINDS = {OPENED: 1, CLICKED: 2}  # of the column `kind`

# OFFSET 0 keeps the planner from joining: it would read such a table from its start for every page
# of people. Asked person by person, the last page costs what the first does.
REACHABLE = (
    "EXISTS (SELECT FROM contact_point c WHERE c.recipient_id = r.id AND c.channel = %s"
    " AND c.active AND NOT EXISTS (SELECT FROM suppression s"
    " WHERE s.channel = c.channel AND s.address_hash = c.address_hash OFFSET 0) OFFSET 0)"
)
UPLOADED = (
    "EXISTS (SELECT FROM segment_member m"
    " WHERE m.segment_id = %s AND m.recipient_id = r.id OFFSET 0)"
)
NOBODY, EVERYBODY = "FALSE", "TRUE"


class Named(NamedTuple):
    """Another segment, by its slug."""

    id: int
    node: Node
    service_id: int | None = None  # None: everybody's


@dataclass(frozen=True, slots=True)
class Names:
    """What the rules name, looked up; what is not here is gone, and nobody is in it."""

    at: datetime
    types: Mapping[str, int] = field(default_factory=dict)
    arms: Mapping[int, Sequence[int]] = field(default_factory=dict)  # by campaign
    segments: Mapping[str, Named] = field(default_factory=dict)


def where(node: Node, segment_id: int, names: Names) -> Where:
    """`segment_id`: whose upload `member_of_upload` means."""
    params: list[Any] = []
    return Where(_sql(node, segment_id, names, params), params)


def _sql(node: Node, own: int, names: Names, params: list[Any]) -> str:
    match node:
        case Not():
            return f"NOT {_sql(node.part, own, names, params)}"
        case Every() | Some():
            word = " AND " if isinstance(node, Every) else " OR "
            parts = [_sql(part, own, names, params) for part in node.parts]
            return f"({word.join(parts)})" if parts else EVERYBODY
        case InSegment():
            other = names.segments.get(node.slug)
            return (
                _sql(other.node, other.id, _without(names, node.slug), params) if other else NOBODY
            )
        case Uploaded():
            params.append(own)
            return UPLOADED
        case _:
            text, values = _leaf(node, names)
            params += values
            return text


def _without(names: Names, slug: str) -> Names:
    """Two saved at once may name each other: then nobody is in what would never end."""
    others = {name: each for name, each in names.segments.items() if name != slug}
    return replace(names, segments=others)


def _leaf(leaf: Leaf, names: Names) -> Where:
    match leaf:
        case Attribute():
            return ATTRIBUTE[leaf.operator](leaf.name, leaf.value, names.at)
        case Created():
            return _created(leaf, names.at)
        case Activity():
            return _received(leaf, names) if leaf.kind == RECEIVED else _reacted(leaf, names)
        case Locale():
            tags = {known for tag in leaf.tags for known in prefixes(tag)}
            return _any_prefix("lower(r.locale)", sorted(tags), "-")
        case Timezone():
            return _zones(leaf.names)
        case Reachable():
            return Where(REACHABLE, [leaf.channel]) if leaf.channel != Channel.INBOX else ALL
        case _:
            raise TypeError(leaf)


ALL = Where(EVERYBODY, [])


# Who somebody is.


def _any_prefix(column: str, prefixes: Sequence[str], end: str) -> Where:
    """One of the prefixes, or what goes on after it with `end`."""
    parts = " OR ".join(f"{column} = %s OR starts_with({column}, %s)" for _ in prefixes)
    return Where(f"({parts})", [text for prefix in prefixes for text in (prefix, prefix + end)])


def _zones(names: Sequence[str]) -> Where:
    areas = [name for name in names if name.endswith("/")]
    parts = ["r.timezone = ANY(%s)", *("starts_with(r.timezone, %s)" for _ in areas)]
    return Where(f"({' OR '.join(parts)})", [list(names), *areas])


def _created(leaf: Created, at: datetime) -> Where:
    match leaf.operator:
        case "before":
            return Where("r.created_at < %s::date::timestamp AT TIME ZONE 'UTC'", [str(leaf.value)])
        case "after":
            sql = "r.created_at >= (%s::date + 1)::timestamp AT TIME ZONE 'UTC'"
            return Where(sql, [str(leaf.value)])
        case _:
            return Where("r.created_at >= %s", [at - timedelta(days=int(str(leaf.value)))])


# What somebody did.


def _reacted(leaf: Activity, names: Names) -> Where:
    narrow = _narrowed(leaf, names)
    if narrow is None:
        return Where(NOBODY, [])
    rows = (
        "FROM recipient_reaction a WHERE a.recipient_id = r.id AND a.kind = %s"
        f" AND a.day >= %s::date{narrow.sql}"
    )
    params = [KINDS[leaf.kind], days_from(names.at, -leaf.within_days), *narrow.params]
    if leaf.at_least == 1:
        return Where(f"EXISTS (SELECT {rows} OFFSET 0)", params)
    return Where(f"COALESCE((SELECT sum(a.n) {rows}), 0) >= %s", [*params, leaf.at_least])


def _received(leaf: Activity, names: Names) -> Where:
    narrow = _narrowed(leaf, names)
    if narrow is None:
        return Where(NOBODY, [])
    sql = (
        "EXISTS (SELECT FROM recipient_received a WHERE a.recipient_id = r.id"
        f" AND a.last_on >= %s::date{narrow.sql} OFFSET 0)"
    )
    return Where(sql, [days_from(names.at, -leaf.within_days), *narrow.params])


def _narrowed(leaf: Activity, names: Names) -> Where | None:
    """To a type and a campaign; None where there is no such."""
    parts = [""]
    params: list[Any] = []
    if leaf.type:
        parts.append("a.type_id = %s")
        params.append(names.types.get(leaf.type))
    if leaf.campaign:
        parts.append("a.arm_id = ANY(%s::bigint[])")
        params.append(list(names.arms.get(leaf.campaign, ())) or None)
    return None if None in params else Where(" AND ".join(parts), params)
