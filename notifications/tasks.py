"""Celery tasks: they carry ids and contain no thought. Names are those of `queues.py`.

What does one thing is a task itself; only those that do several in turn are written here.
"""

from celery import shared_task

from channels.accounts.breaker import fold_health
from notifications import queues
from notifications.accept.fanout import resolve_chunks
from notifications.callbacks.fold import replays
from notifications.callbacks.fold.process import fold_due
from notifications.callbacks.receive.store import forget_unread
from notifications.counters import table as counters
from notifications.deliver.deliver import deliver
from notifications.dispatch import worker_processes
from notifications.dispatch.consumers import check_in
from notifications.dispatch.dispatch import measure
from notifications.dispatch.sweep import sweep
from notifications.erasure.run import erase_due
from notifications.operations.due_work import start_work
from notifications.operations.maintenance import maintain
from notifications.record import dead_addresses
from notifyproj.core.alerts.notifier import tell_alerts
from preferences.suppressions import bounce_strikes

deliver_task = shared_task(name=queues.DELIVER)(deliver)
resolve_chunk_task = shared_task(name=queues.RESOLVE_CHUNK)(resolve_chunks)
fold_callbacks_task = shared_task(name=queues.FOLD_CALLBACKS)(fold_due)
erase_task = shared_task(name=queues.ERASE)(erase_due)
tell_alerts_task = shared_task(name=queues.TELL)(tell_alerts)


@shared_task(name=queues.LOOK)
def look_task() -> None:
    start_work()


@shared_task(name=queues.WATCH)
def watch_task() -> None:
    check_in(measure(queues.ALL))
    worker_processes.watch()


@shared_task(name=queues.SWEEP)
def sweep_task() -> None:
    sweep()


@shared_task(name=queues.CHECK_IN)
def check_in_task() -> None:
    """That it begins is what was asked, see `dispatch.consumers`."""


@shared_task(name=queues.FOLD)
def fold_task() -> None:
    counters.fold()
    dead_addresses.fold()
    fold_health()


@shared_task(name=queues.MAINTAIN)
def maintain_task() -> None:
    maintain()
    forget_unread()
    replays.forget()
    bounce_strikes.forget()
