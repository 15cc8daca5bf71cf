"""Celery tasks: they carry ids and contain no thought. Names are those of `queues.py`."""

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
from notifications.operations.maintenance import maintain
from notifications.record import dead_addresses
from notifyproj.core.alerts.notifier import tell_alerts
from preferences.suppressions import bounce_strikes


@shared_task(name=queues.DELIVER)
def deliver_task(ids: list[str], dispatch_nos: list[int]) -> None:
    deliver(ids, dispatch_nos)


@shared_task(name=queues.RESOLVE_CHUNK)
def resolve_chunk_task(notification_id: str, dispatch_no: int) -> None:
    resolve_chunks(notification_id, dispatch_no)


@shared_task(name=queues.SWEEP)
def sweep_task() -> None:
    check_in(measure(queues.ALL))
    worker_processes.watch()
    sweep()


@shared_task(name=queues.CHECK_IN)
def check_in_task() -> None:
    """That it begins is what was asked, see `dispatch.consumers`."""


@shared_task(name=queues.FOLD)
def fold_task() -> None:
    counters.fold()
    dead_addresses.fold()
    fold_health()


@shared_task(name=queues.FOLD_CALLBACKS)
def fold_callbacks_task() -> None:
    fold_due()


@shared_task(name=queues.MAINTAIN)
def maintain_task() -> None:
    maintain()
    forget_unread()
    replays.forget()
    bounce_strikes.forget()


@shared_task(name=queues.ERASE)
def erase_task() -> None:
    erase_due()


@shared_task(name=queues.TELL)
def tell_alerts_task() -> None:
    tell_alerts()
