"""The people of a slice, page by page, by id; and whom a run does not reach."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from notifications.campaigns.models import Campaign
from notifications.campaigns.shares import EVERYBODY, PLACES, Range
from notifications.segments.people.audience import where_of
from notifications.segments.people.bounded import TooSlow, at_most, rows
from notifications.segments.people.count import count
from notifications.segments.rules.parse import read
from notifications.segments.rules.sql import Where

# A person's place among PLACES. Stable for a seed as long as Postgres' own hash is, which its
# partitions by hash depend on.
PLACE = f"(hashint8extended(r.id, %s) & 9223372036854775807) %% {PLACES}"
SAMPLING = 10.0  # seconds
SPAN = 100_000  # ids
MOST_ID = 2**63 - 1
VARIANT_SEED = 0x5EED  # which variant is another question than which stage


class Walk(NamedTuple):
    """What of the audience is looked at: a slice, as the query needs it. `rules` are those of the
    segment when the run began; `at` is what their "last 30 days" are counted from."""

    segment_id: int | None
    rules: Any
    at: datetime
    seed: int
    range: Range = EVERYBODY
    zone: str | None = None
    zones: Sequence[str] | None = None  # None: every zone
    without: Sequence[str] = ()  # zones
    moved_since: datetime | None = None


def everybody_of(campaign: Campaign, at: datetime, seed: int = 0) -> Walk:
    """Its whole audience, as the segment is now."""
    segment = campaign.segment
    return Walk(segment.pk if segment else None, segment.rules if segment else None, at, seed)


class Page(NamedTuple):
    """(recipient, place for its variant), by id; `cursor` is where the next page begins."""

    people: list[tuple[int, int]]
    cursor: int
    last: bool


def page(walk: Walk, cursor: int, size: int) -> Page:
    """The next of them, of SPAN ids at most, as few may be wanted of many. Those of a zone are
    found by its index."""
    first = _first_after(cursor)
    if first is None:
        return Page([], cursor, last=True)
    condition, params = _condition(walk)
    until = MOST_ID if walk.zone is not None else first + SPAN
    sql = (
        f"SELECT r.id, {PLACE} FROM recipient r WHERE r.id > %s AND r.id <= %s AND {condition}"  # noqa: S608 - columns are constants
        " ORDER BY r.id LIMIT %s"
    )
    people = rows(sql, [walk.seed ^ VARIANT_SEED, cursor, until, *params, size])
    if len(people) == size:
        return Page(people, people[-1][0], last=False)
    return Page(people, until, last=_first_after(until) is None)


def _first_after(id_: int) -> int | None:
    found: int | None = rows("SELECT min(id) FROM recipient WHERE id > %s", [id_])[0][0]
    return found


def sample(walk: Walk, size: int) -> list[int]:
    """The first in the order of their places, so anybody, but the same people each time. Of rules
    that take too long for that, the first by id."""
    condition, params = _condition(walk)
    sql = f"SELECT r.id FROM recipient r WHERE {condition} ORDER BY "  # noqa: S608 - columns are constants
    try:
        with at_most(SAMPLING):
            found = rows(f"{sql} {PLACE} LIMIT %s", [*params, walk.seed, size])
    except TooSlow:
        found = rows(f"{sql} r.id LIMIT %s", [*params, size])
    return [row[0] for row in found]


def about(walk: Walk) -> int:
    """How many they are, within seconds: counted where that is quick, else by a sample."""
    condition, params = _condition(walk)
    return count(Where(condition, params)).n


# From one zone to the next by the index, however many people live in each.
ZONES = """
WITH RECURSIVE zone AS (
    (SELECT timezone AS name FROM recipient ORDER BY timezone LIMIT 1)
    UNION ALL
    SELECT (SELECT timezone FROM recipient WHERE timezone > zone.name ORDER BY timezone LIMIT 1)
    FROM zone WHERE zone.name IS NOT NULL
)
SELECT name FROM zone WHERE name IS NOT NULL
"""


def zones() -> list[str]:
    """Every zone somebody is in, as it is written there."""
    with connection.cursor() as db:
        db.execute(ZONES)
        return [row[0] for row in db.fetchall()]


def _condition(walk: Walk) -> tuple[str, list[Any]]:
    parts, params = ["r.erased_at IS NULL"], list[Any]()
    if walk.zone is not None:
        parts.append("r.timezone = %s")
        params.append(walk.zone)
    if walk.zones is not None:
        parts.append("r.timezone = ANY(%s)")
        params.append(list(walk.zones))
    if walk.without:
        parts.append("r.timezone <> ALL(%s)")
        params.append(list(walk.without))
    if walk.moved_since is not None:
        parts.append("r.updated_at >= %s")
        params.append(walk.moved_since)
    if not walk.range.is_all:
        parts.append(f"{PLACE} >= %s AND {PLACE} < %s")
        params += [walk.seed, walk.range.low, walk.seed, walk.range.high]
    if walk.segment_id is not None:
        found = where_of(read(walk.rules), walk.segment_id, walk.at)
        parts.append(f"({found.sql})")
        params += found.params
    return " AND ".join(parts), params


def arms_of(
    people: Sequence[tuple[int, int]], arms: Sequence[tuple[int, Range]]
) -> dict[int, list[int]]:
    """Who gets which arm: by place, in the given ranges."""
    if len(arms) == 1:
        return {arms[0][0]: [id_ for id_, _ in people]}
    found: dict[int, list[int]] = {arm: [] for arm, _ in arms}
    for id_, place in people:
        found[next(arm for arm, range_ in arms if range_.low <= place < range_.high)].append(id_)
    return found
