"""How many people are in a segment: exactly where that is quick, else by a sample.

A sample looks at whole blocks of the table, some twenty thousand people. What it finds is right to
about one part in a hundred for large groups and worse for small ones; how long it took says how
long everybody would take.
"""

import math
from time import monotonic
from typing import NamedTuple

from notifications.segments.people.bounded import Plan, TooSlow, at_most, plan_of, rows
from notifications.segments.rules.sql import Where

SECONDS = 2.0
CHEAP = 20_000.0  # cost for the planner: found by an index, or in a small table
SAMPLED = 20_000  # people
ALL = 100.0  # per cent

MATCHES = "SELECT r.id FROM recipient r WHERE r.erased_at IS NULL AND {}"
EXACTLY = "SELECT count(*) FROM recipient r WHERE r.erased_at IS NULL AND {}"
SAMPLE = """
SELECT count(*) FILTER (WHERE r.erased_at IS NULL AND {}), count(*)
FROM recipient r TABLESAMPLE SYSTEM (%s) REPEATABLE (1)
"""
SIZE = "SELECT reltuples FROM pg_class WHERE oid = 'recipient'::regclass"


class Count(NamedTuple):
    n: int
    exact: bool

    def text(self) -> str:
        people = "person" if self.n == 1 else "people"
        return f"{'' if self.exact else 'about '}{self.n:,} {people}"


class Looked(NamedTuple):
    """What a sample found, and how long that took."""

    found: int
    seen: int
    people: int
    seconds: float

    def about(self) -> Count:
        if self.seen >= self.people:
            return Count(self.found, exact=True)
        if not self.seen:  # the table is much smaller than when the database last looked
            return Count(0, exact=False)
        return Count(rounded(self.found / self.seen * self.people), exact=False)

    def whole(self) -> float:
        """Seconds that everybody would take."""
        return self.seconds * max(1.0, self.people / self.seen) if self.seen else 0.0


def count(audience: Where) -> Count:
    """In a few times SECONDS at most, whatever the rules."""
    plan = cost_of(audience)
    if plan.cost <= CHEAP and (found := _exactly(audience)):
        return found
    looked = look(audience)
    if looked is None:
        return Count(rounded(plan.rows), exact=False)
    about = looked.about()
    if not about.exact and looked.whole() <= SECONDS:
        return _exactly(audience) or about
    return about


def cost_of(audience: Where) -> Plan:
    """Of finding all of them, as the planner expects it."""
    return plan_of(MATCHES.format(audience.sql), audience.params)


def look(audience: Where) -> Looked | None:
    """None when even that takes too long."""
    people = people_in_table()
    params = [*audience.params, share_of_sample(people)]
    start = monotonic()
    try:
        with at_most(SECONDS):
            ((found, seen),) = rows(SAMPLE.format(audience.sql), params)
    except TooSlow:
        return None
    whole = share_of_sample(people) == ALL
    return Looked(found, seen, seen if whole else max(people, seen), monotonic() - start)


def share_of_sample(people: int) -> float:
    """Per cent of the table's blocks."""
    return ALL if people <= SAMPLED else ALL * SAMPLED / people


def people_in_table() -> int:
    """As of the last time the database looked."""
    ((n,),) = rows(SIZE, [])
    return max(0, int(n))


def rounded(number: float) -> int:
    """To the two digits that an estimate is worth."""
    if number < 10:
        return round(number)
    unit = int(10 ** (int(math.log10(number)) - 1))
    return round(number / unit) * unit


def _exactly(audience: Where) -> Count | None:
    """None when it takes too long."""
    try:
        with at_most(SECONDS):
            ((n,),) = rows(EXACTLY.format(audience.sql), audience.params)
    except TooSlow:
        return None
    return Count(n, exact=True)
