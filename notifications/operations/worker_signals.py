"""How a worker process begins, and how it ends: it hands back or finishes what it has."""

import logging
from typing import Any

from celery.signals import (
    heartbeat_sent,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_shutdown,
    worker_shutting_down,
)
from django.conf import settings
from django.db import connections

from notifications.deliver import deliver, worker
from notifications.dispatch import consumers, lease_owner, worker_processes
from notifyproj.core.garbage import collect_rarely

log = logging.getLogger(__name__)


@worker_init.connect
def begin(sender: Any = None, **_: Any) -> None:
    """The process itself, before it has children or threads."""
    collect_rarely()
    left = lease_owner.take_over(sender.hostname, settings.VAR_DIR / "leases")
    if left:
        log.warning("took over from a predecessor", extra={"deliveries": left})
    connections.close_all()  # a child must not inherit one


@worker_process_init.connect
def begin_child(**_: Any) -> None:
    collect_rarely()


@task_prerun.connect
def mend_connections(**_: Any) -> None:
    """As Django does before a request: a connection that broke is made anew."""
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()


@task_prerun.connect
def show_that_its_queue_is_consumed(task: Any = None, **_: Any) -> None:
    queue = (task.request.delivery_info or {}).get("routing_key")
    if queue:
        consumers.note(queue)


@heartbeat_sent.connect
def show_that_it_is_at_work(sender: Any = None, **_: Any) -> None:
    """Every ten seconds, while it is connected to the broker."""
    worker_processes.note(sender.eventer.hostname)


@worker_process_shutdown.connect
def drain_child(**_: Any) -> None:
    """A child of the prefork pool."""
    worker.drain()


@worker_shutdown.connect
def drain_main(sender: Any = None, **_: Any) -> None:
    """The process itself, where tasks run in its threads."""
    worker.drain()
    worker_processes.stop(sender.hostname)


@worker_shutting_down.connect
def stop_starting(**_: Any) -> None:
    deliver.stop_starting()
