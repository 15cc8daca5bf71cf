"""How a run goes, for a page that asks every two seconds: from slices and counters only."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum

from notifications.analytics.figures import Figures
from notifications.analytics.selectors import by_arm
from notifications.campaigns.models import Run
from notifications.campaigns.report.state_counts import reachable
from notifications.campaigns.run.stalls import Reason, why_waiting
from notifications.campaigns.states import OPEN_RUNS, RunState

SETTLES_IN = timedelta(seconds=20)  # too early to say how fast it goes


@dataclass(frozen=True, slots=True)
class ArmProgress:
    id: int
    name: str
    version: str
    figures: Figures
    won: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """`people`: about so many get something. `figures`: of all its arms together."""

    run: Run
    people: int
    visited: int
    figures: Figures
    arms: tuple[ArmProgress, ...]
    reasons: tuple[Reason, ...]
    per_minute: float | None  # people, on average since it began or went on
    ends_at: datetime | None

    @property
    def share(self) -> float:
        return min(100.0, 100 * self.visited / self.people) if self.people else 100.0


def progress(run: Run, now: datetime) -> Progress:
    arms = list(run.arms.select_related("variant__version__template"))
    figures = by_arm([arm.pk for arm in arms])
    visited = run.slices.aggregate(n=Sum("visited"))["n"] or 0
    people = reachable(run.campaign, run)
    speed = _speed(run, visited, now)
    return Progress(
        run=run,
        people=people,
        visited=visited,
        figures=together(figures.values()),
        arms=tuple(
            ArmProgress(
                id=arm.pk,
                name=arm.variant.name,
                version=str(arm.variant.version),
                figures=figures[arm.pk],
                won=arm.variant_id == run.winner_id,
            )
            for arm in arms
        ),
        reasons=tuple(why_waiting(run, now)),
        per_minute=speed,
        ends_at=_ends_at(run, max(0, people - visited), speed, now),
    )


def together(all_figures: Iterable[Figures]) -> Figures:
    total: Counter[tuple[int, str]] = Counter()
    for figures in all_figures:
        total.update(figures.counts)
    return Figures(total)


def _speed(run: Run, visited: int, now: datetime) -> float | None:
    lasted = (min(now, run.ended_at or now) - run.paced_since).total_seconds()
    if lasted < 1 or run.state == RunState.PAUSED:
        return None
    return (visited - run.paced_visited) / lasted * 60


def _ends_at(run: Run, left: int, speed: float | None, now: datetime) -> datetime | None:
    """When everybody was visited, as far as anybody can tell: after the gates, at this rate."""
    if run.state not in OPEN_RUNS or run.state == RunState.PAUSED:
        return None
    starts = max(now, run.gate_at or now)
    last = run.slices.filter(done_at=None).order_by("-starts_at").first()
    if last is not None:
        starts = max(starts, last.starts_at)
    if not left:
        return starts
    early = run.per_minute is None and now - run.paced_since < SETTLES_IN
    per_minute = run.per_minute or speed
    return None if early or not per_minute else starts + timedelta(minutes=left / per_minute)
