"""What tests of the pipeline do over and over."""

from datetime import timedelta
from typing import Any

from celery import current_app
from django.db import connection

from notifications.accept.accept import Answer, accept
from notifications.analytics import recount
from notifications.analytics.repair import check
from notifications.counters import table as counters
from notifications.dispatch.sweep import sweep
from notifications.models import Attempt, Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from tests.flows.conftest import Published, settle
from tests.world import World


def send(world: World, **fields: Any) -> Answer:
    return accept(world.service.pk, [world.request(**fields)], now())[0]


def only_delivery() -> Delivery:
    return Delivery.objects.get()


def recorded(attempts: int = 1) -> Delivery:
    """Wait until that many tries were written down."""
    settle(lambda: Attempt.objects.count() >= attempts)
    return Delivery.objects.order_by("id").first() or Delivery()


def settled() -> Delivery:
    settle(lambda: not Delivery.objects.filter(settled_at=None).exists())
    return Delivery.objects.order_by("id").first() or Delivery()


def make_due() -> None:
    """Time passes: all that waits is due now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET due_at = now() WHERE due_at IS NOT NULL AND due_at < 'infinity'"
        )


def go_on() -> None:
    make_due()
    sweep()


def conserved() -> None:
    """Created = settled + waiting; by counters and by rows alike. Whatever else is counted is
    what a recount finds."""
    for day in recount.days():
        assert check(day) == {}
    counters.fold()
    hour = timedelta(hours=1)
    totals = counters.totals(now() - 2 * hour, now() + hour)
    created = totals.pop(counters.CREATED, 0)
    rows = {state.value: Delivery.objects.filter(state=state).count() for state in State}
    waiting = sum(rows[s] for s in (State.WAITING, State.LEASED, State.AWAITING))
    assert created == Delivery.objects.count()
    assert created == sum(totals.values()) + waiting
    assert totals == {s: n for s, n in rows.items() if n and s in totals}


def run(published: list[Published]) -> None:
    """Workers take what is in the queues."""
    while published:
        task, args, _ = published.pop(0)
        current_app.tasks[task](*args)


def now_due(**changes: Any) -> None:
    """Change every delivery; `due_at` passes, too."""
    Delivery.objects.update(due_at=now(), **changes)


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
