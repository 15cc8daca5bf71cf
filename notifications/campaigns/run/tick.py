"""Once a second: what is due begins or goes on, what goes wrong stops, what is over ends.

One at a time, by advisory lock. Each campaign and run by itself: trouble with one is logged and
tried again, and does not keep the others.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from notifications.campaigns.models import Campaign, Run
from notifications.campaigns.run import lifecycle as life
from notifications.campaigns.run.due import feed_due
from notifications.campaigns.run.evaluate import Limits, Numbers, wrong
from notifications.campaigns.run.gates import try_gate
from notifications.campaigns.run.launch import run_begin
from notifications.campaigns.run.numbers import numbers_of
from notifications.campaigns.states import CampaignState, RunState
from notifyproj.core.advisory_lock import AdvisoryLock
from notifyproj.core.alerts.alerts import alert_raise
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.clock import now as clock_now

log = logging.getLogger(__name__)
T = TypeVar("T", Campaign, Run)

LOCK = AdvisoryLock("camp")
AUTO_PAUSE = "auto-pause"
CANCEL_SECONDS = 0.5


def tick() -> None:
    """What Beat starts."""
    with LOCK.try_held() as first:
        if not first:
            return
        now = clock_now()
        _each(_due_campaigns(now), lambda campaign: _begin(campaign, now))
        _each(_open_runs(), lambda run: _watch(run, now))
        _each(_unfinished_cancellations(), _cancel_rest)
        feed_due()


def _each(rows: Iterable[T], do: Callable[[T], None]) -> None:
    for row in rows:
        try:
            do(row)
        except Exception:
            log.exception("campaign is tried again", extra={type(row).__name__.lower(): row.pk})


def _due_campaigns(now: datetime) -> list[Campaign]:
    due = Campaign.objects.filter(state=CampaignState.SCHEDULED, next_at__lte=now)
    return list(due.select_related("type", "segment", "service").order_by("next_at")[:20])


def _open_runs() -> list[Run]:
    running = Run.objects.filter(state=RunState.RUNNING)
    return list(running.select_related("campaign__type", "campaign__segment").order_by("id"))


def _begin(campaign: Campaign, now: datetime) -> None:
    """One that cannot be launched any more waits for somebody to mend it."""
    try:
        run_begin(campaign=campaign, now=now)
    except InvalidFields as error:
        if error.status == 409:  # another process was faster
            return
        detail = "; ".join(f"{name}: {text}" for name, text in error.fields.items())
        Campaign.objects.filter(pk=campaign.pk, state=CampaignState.SCHEDULED).update(
            state=CampaignState.DRAFT, next_at=None
        )
        title = f"Campaign “{campaign}” could not start"
        alert_raise(key=f"campaign-not-begun:{campaign.pk}", title=title, detail=detail)


def _watch(run: Run, now: datetime) -> None:
    if because := wrong(_since_resumed(run), limits_of(run.campaign)):
        life.run_pause(run=run, by=AUTO_PAUSE, because=because, now=now)
        title = f"Campaign “{run.campaign}” was paused automatically"
        alert_raise(key=life.auto_pause_key(run), title=title, detail=because)
    elif not try_gate(run, now) and life.is_over(run):
        life.run_finish(run=run, now=now)


def _since_resumed(run: Run) -> Numbers:
    """Somebody may have gone on in spite of what was then."""
    before = Numbers(**run.brake_from)
    return Numbers(*(n - m for n, m in zip(numbers_of(run), before, strict=True)))


def limits_of(campaign: Campaign) -> Limits:
    return Limits(
        failed=float(campaign.most_failed) / 100,
        bounced=float(campaign.most_bounced) / 100,
        complained=float(campaign.most_complained) / 100,
        unsubscribed=float(campaign.most_unsubscribed) / 100,
        least=campaign.brake_after,
    )


def _unfinished_cancellations() -> list[Run]:
    return list(Run.objects.filter(state=RunState.CANCELLED, leftovers=True)[:20])


def _cancel_rest(run: Run) -> None:
    life.cancel_rest(run, CANCEL_SECONDS)
