"""Those who were held out beside those who were not: whether it made people leave, or come.

Nobody is written down as held out: it follows from the run's seed. Of each group a sample is
looked at, by the rules as they were; who has changed since may be in neither.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

from notifications.campaigns.models import Run
from notifications.campaigns.plan import audience
from notifications.campaigns.report.significance import Sample, compared, sentence
from notifications.campaigns.shares import PLACES, Range

LOOKED_AT = 5_000
DAYS = timedelta(days=14)

LEFT = """
SELECT count(DISTINCT recipient_id) FROM consent_event
WHERE recipient_id = ANY(%s) AND action = 'withdrawn' AND at >= %s AND at < %s
"""
CAME = """
SELECT count(DISTINCT recipient_id) FROM recipient_reaction
WHERE recipient_id = ANY(%s) AND day >= %s AND day < %s AND NOT arm_id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    people: int
    left: int
    came: int


@dataclass(frozen=True, slots=True)
class HeldOut:
    groups: tuple[Group, Group]
    verdicts: tuple[str, ...]


def held_out(run: Run) -> HeldOut | None:
    """Returns the comparison with the control group; None where there is none."""
    share = round(float(run.campaign.hold_out_percent) / 100 * PLACES)
    if not share:
        return None
    groups = (
        _group(run, "Reached", Range(0, PLACES - share)),
        _group(run, "Control group", Range(PLACES - share, PLACES)),
    )
    verdicts = []
    for what, name in (("unsubscriptions", "left"), ("engagement elsewhere", "came")):
        samples = {each.name: Sample(getattr(each, name), each.people) for each in groups}
        if found := compared(samples):
            verdicts.append(sentence(found, samples, what))
    return HeldOut(groups, tuple(verdicts))


def _group(run: Run, name: str, range_: Range) -> Group:
    walk = audience.everybody_of(run.campaign, run.began_at, seed=run.seed)
    walk = walk._replace(rules=run.rules, range=range_, without=run.skipped_zones or ())
    people = audience.sample(walk, LOOKED_AT)
    until = run.began_at + DAYS
    arms = list(run.arms.values_list("pk", flat=True))
    left = _count(LEFT, [people, run.began_at, until])
    came = _count(CAME, [people, run.began_at.date(), until.date(), arms])
    return Group(name, len(people), left, came)


def _count(sql: str, params: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.fetchone()[0])
