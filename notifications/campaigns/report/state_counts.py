"""How campaigns stand, for lists: from runs, slices and counters, a statement each. No delivery
is looked at."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Sum

from notifications.analytics.selectors import by_arm
from notifications.campaigns.models import Arm, Campaign, Run, Slice


@dataclass(frozen=True, slots=True)
class Standing:
    """Of the newest run. `people`: about so many get something, the held-out left out."""

    run: Run | None = None
    people: int = 0
    visited: int = 0
    created: int = 0
    sent: int = 0
    failed: int = 0
    waiting: int = 0

    @property
    def share(self) -> float:
        return min(1.0, self.visited / self.people) if self.people else 0.0


NOTHING_YET = Standing()


def standings(campaigns: Iterable[Campaign]) -> dict[int, Standing]:
    """Of each campaign, also of those that never ran."""
    known = list(campaigns)
    runs = _newest([campaign.pk for campaign in known])
    visited = _visited([run.pk for run in runs.values()])
    arms = arms_of_runs([run.pk for run in runs.values()])
    figures = by_arm([arm for found in arms.values() for arm in found])
    found = {}
    for campaign in known:
        run = runs.get(campaign.pk)
        laws = [figures[arm].law() for arm in arms[run.pk]] if run else []
        found[campaign.pk] = Standing(
            run=run,
            people=reachable(campaign, run) if run else 0,
            visited=visited.get(run.pk, 0) if run else 0,
            created=sum(law.created for law in laws),
            sent=sum(law.sent for law in laws),
            failed=sum(law.failed + law.uncertain for law in laws),
            waiting=sum(law.waiting for law in laws),
        )
    return found


def reachable(campaign: Campaign, run: Run) -> int:
    return round(max(0, run.audience - run.skipped) * (1 - float(campaign.hold_out_percent) / 100))


def arms_of_runs(runs: Sequence[int]) -> dict[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for run_id, arm_id in Arm.objects.filter(run__in=runs).values_list("run_id", "pk"):
        found[run_id].append(arm_id)
    return found


def _newest(campaigns: Sequence[int]) -> dict[int, Run]:
    rows = Run.objects.filter(campaign__in=campaigns).order_by("campaign_id", "-number")
    return {run.campaign_id: run for run in rows.distinct("campaign_id")}


def _visited(runs: Sequence[int]) -> dict[int, int]:
    rows = Slice.objects.filter(run__in=runs).values_list("run_id")
    return dict(rows.annotate(n=Sum("visited")))
