"""Note how runs stand: every minute at first, then every ten, and for three days after the end by
the hour. Started by Beat; a few rows, never a delivery."""

from datetime import datetime, timedelta

from django.db.models import Max, Q, Sum

from notifications.campaigns.models import Moment, Run
from notifications.campaigns.run.numbers import numbers_of
from notifications.campaigns.states import OPEN_RUNS
from notifyproj.core.clock import now as clock_now

MINUTE = timedelta(minutes=1)
CLOSE_FOR = timedelta(hours=2)  # minute by minute for so long
KEPT_FOR = timedelta(hours=72)  # after the end: opens and clicks still come
EARLY = timedelta(seconds=10)  # a minute that Beat made a little short is one


def note_moments() -> None:
    now = clock_now()
    rows = Run.objects.filter(Q(state__in=OPEN_RUNS) | Q(ended_at__gt=now - KEPT_FOR))
    for run in rows.annotate(last=Max("moments__at")):
        if run.last is None or now - run.last >= step(run, now) - EARLY:
            note(run, now)


def step(run: Run, now: datetime) -> timedelta:
    if run.ended_at is not None and now - run.ended_at > MINUTE * 10:
        return timedelta(hours=1)
    return MINUTE if now - run.began_at < CLOSE_FOR else MINUTE * 10


def note(run: Run, now: datetime) -> None:
    numbers = numbers_of(run)
    Moment.objects.bulk_create(
        [
            Moment(
                run=run,
                at=now,
                visited=run.slices.aggregate(n=Sum("visited"))["n"] or 0,
                sent=numbers.sent,
                failed=numbers.failed + numbers.uncertain,
                opened=numbers.opened,
                clicked=numbers.clicked,
                unsubscribed=numbers.unsubscribed,
            )
        ],
        ignore_conflicts=True,
    )
