"""Erasures go on: step by step, batch by batch, each batch a transaction that moves the cursor with
it. Whoever is killed has lost one batch at most, and the next tick goes on.

An erasure is gone through several times, since a worker, a provider or a customer's endpoint may
still write down what it was doing: after the leases of what was in flight, then a day and a week
later, when the last receipts have come. What texts are searched for is forgotten after the second.
"""

import logging
from datetime import datetime, timedelta
from time import monotonic

from django.db import connection, transaction

from notifyproj.core import erasures
from notifyproj.core.clock import now as clock_now
from preferences.models import Erasure
from preferences.recipients.erasure import subject_of

log = logging.getLogger(__name__)

TURNS = (timedelta(0), timedelta(minutes=2), timedelta(days=1), timedelta(days=7))
WITH_WORDS = 2  # turns
AT_ONCE = 1.0  # seconds of the request that erases
A_TICK = 4.0
LOCK_TIMEOUT = "2s"  # a row that somebody else holds: the batch is tried again later


def erase_now(recipient_id: int) -> None:
    """What can be done while the caller waits; the rest is due, and so is what cannot."""
    try:
        _go_on(recipient_id, monotonic() + AT_ONCE)
    except Exception as error:  # a row that somebody else holds, mostly
        problem = {"recipient_id": recipient_id, "error": type(error).__name__}
        log.warning("an erasure goes on later", extra=problem)


def erase_due() -> None:
    """A tick: those that are due, the oldest first."""
    give_up = monotonic() + A_TICK
    due = Erasure.objects.filter(due_at__lte=clock_now()).order_by("due_at")
    for recipient_id in list(due.values_list("pk", flat=True)[:1_000]):
        if monotonic() > give_up:
            return
        try:
            _go_on(recipient_id, give_up)
        except Exception:  # one that breaks must not keep the others
            log.exception("an erasure does not get on", extra={"recipient_id": recipient_id})
            Erasure.objects.filter(pk=recipient_id).update(
                due_at=clock_now() + timedelta(minutes=5)
            )


def _go_on(recipient_id: int, give_up: float) -> None:
    while monotonic() < give_up and _batch(recipient_id, clock_now()):
        pass


def _batch(recipient_id: int, now: datetime) -> bool:
    """One batch of one step; whether there is more to do now."""
    with transaction.atomic():
        rows = Erasure.objects.select_for_update(skip_locked=True)
        row = rows.filter(pk=recipient_id, due_at__lte=now).first()
        if row is None:
            return False
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
            cursor.execute("SELECT set_config('notify.erasure', 'on', true)")
        _do(row)
        with connection.cursor() as cursor:  # a caller's transaction may go on with other things
            cursor.execute("SELECT set_config('notify.erasure', '', true)")
            cursor.execute("SELECT set_config('lock_timeout', '0', true)")
        row.save()
    return row.due_at is not None and row.due_at <= now


def _do(row: Erasure) -> None:
    steps = list(erasures.steps.items())
    names = [name for name, _ in steps]
    at = names.index(row.step) if row.step in names else 0
    after = steps[at][1](subject_of(row), row.cursor)
    if after is not None:
        row.step, row.cursor = names[at], after
    elif at + 1 < len(steps):
        row.step, row.cursor = names[at + 1], ""
    else:
        _end_turn(row)


def _end_turn(row: Erasure) -> None:
    row.turn, row.step, row.cursor = row.turn + 1, "", ""
    if row.turn >= WITH_WORDS:
        row.sealed = b""
    if row.turn < len(TURNS):
        row.due_at = row.begun_at + TURNS[row.turn]
    else:
        row.points, row.due_at, row.finished_at = [], None, clock_now()
