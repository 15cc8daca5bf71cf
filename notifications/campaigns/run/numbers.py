"""What became of a run so far, from the counters: never by looking at its deliveries."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from notifications.campaigns.models import Arm, Campaign, Run
from notifications.campaigns.run.evaluate import Numbers
from notifications.counters.cells import COMPLAINED, CREATED, OUTCOME, UNSUBSCRIBED
from notifications.statuses import ProviderOutcome, State

# All of a run's deliveries are counted in the hour it began in.
BY_ARM = """
SELECT arm_id, measure, sum(n)::bigint FROM (
    SELECT arm_id, measure, n FROM counter
    WHERE hour = date_trunc('hour', %(began)s, 'UTC') AND arm_id = ANY(%(arms)s::bigint[])
      AND measure < %(latency)s
    UNION ALL
    SELECT arm_id, measure, n FROM counter_delta
    WHERE hour = date_trunc('hour', %(began)s, 'UTC') AND arm_id = ANY(%(arms)s::bigint[])
      AND measure < %(latency)s
) t GROUP BY arm_id, measure
"""
LATENCY_BEGINS = 1_000
SETTLED = frozenset(State) - {State.WAITING, State.LEASED, State.AWAITING}


class ArmNumbers(NamedTuple):
    created: int
    settled: int
    numbers: Numbers


def arms_of(campaigns: Collection[int], service_id: int | None = None) -> dict[int, list[int]]:
    """The arms of each campaign, of all its runs: for segments that ask what people did with it.
    With a service, only of those that are its."""
    if service_id is not None:
        own = Campaign.objects.filter(pk__in=campaigns, service_id=service_id)
        campaigns = list(own.values_list("pk", flat=True))
    found: dict[int, list[int]] = {id_: [] for id_ in campaigns}
    rows = Arm.objects.filter(run__campaign_id__in=campaigns)
    for campaign_id, arm_id in rows.values_list("run__campaign_id", "pk"):
        found[campaign_id].append(arm_id)
    return found


def services_of(campaigns: Collection[int]) -> dict[int, int]:
    """Whose each of these campaigns is, as far as they exist."""
    rows = Campaign.objects.filter(pk__in=campaigns)
    return dict(rows.values_list("pk", "service_id"))


def numbers_of(run: Run) -> Numbers:
    """Of all its arms together."""
    found = [each.numbers for each in numbers_by_arm(run).values()]
    return Numbers(*map(sum, zip(*found, strict=True))) if found else Numbers()


def numbers_by_arm(run: Run) -> dict[int, ArmNumbers]:
    """Returns the counted numbers of each arm of a run, by the id of the arm."""
    arms = list(run.arms.values_list("pk", flat=True))
    counted = _counted(arms, run.began_at)
    return {arm: _arm(counted[arm]) for arm in arms}


def open_deliveries(arms: Sequence[int], began_at: datetime) -> int:
    """Returns how many deliveries wait or are in flight."""
    counted = [_arm(measures) for measures in _counted(arms, began_at).values()]
    return sum(arm.created - arm.settled for arm in counted)


def is_settled(run: Run) -> bool:
    return open_deliveries(list(run.arms.values_list("pk", flat=True)), run.began_at) == 0


def _counted(arms: Sequence[int], began_at: datetime) -> defaultdict[int, dict[int, int]]:
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    params: dict[str, Any] = {"began": began_at, "arms": list(arms), "latency": LATENCY_BEGINS}
    with connection.cursor() as cursor:
        cursor.execute(BY_ARM, params)
        for arm, measure, n in cursor.fetchall():
            found[arm][measure] = n
    return found


def _arm(measures: dict[int, int]) -> ArmNumbers:
    def outcome(*which: ProviderOutcome) -> int:
        return sum(measures.get(OUTCOME + each, 0) for each in which)

    settled = sum(measures.get(state, 0) for state in SETTLED)
    clicked = outcome(ProviderOutcome.CLICKED)
    opened = clicked + outcome(ProviderOutcome.OPENED)
    numbers = Numbers(
        sent=measures.get(State.SENT, 0),
        failed=measures.get(State.FAILED, 0),
        uncertain=measures.get(State.UNCERTAIN, 0),
        delivered=opened + outcome(ProviderOutcome.DELIVERED),
        opened=opened,
        clicked=clicked,
        bounced=outcome(ProviderOutcome.BOUNCED, ProviderOutcome.BOUNCED_SOFT),
        complained=measures.get(COMPLAINED, 0),
        unsubscribed=measures.get(UNSUBSCRIBED, 0),
    )
    return ArmNumbers(measures.get(CREATED, 0), settled, numbers)
