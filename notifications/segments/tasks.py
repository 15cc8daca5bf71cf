"""Celery tasks of segments; found by `autodiscover_tasks`."""

from celery import shared_task

from notifications import queues
from notifications.segments.people.received import read_log


@shared_task(name=queues.READ_RECEIVED)
def read_received_task() -> None:
    read_log()
