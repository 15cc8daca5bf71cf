"""Celery tasks of status events; found by `autodiscover_tasks`."""

from celery import shared_task

from notifications import queues
from notifications.status_events.maintenance import maintain
from notifications.status_events.send.send import send_due
from notifyproj.core.clock import now


@shared_task(name=queues.SEND_STATUS_EVENTS)
def send_status_events_task() -> None:
    send_due()


@shared_task(name=queues.MAINTAIN_STATUS_EVENTS)
def maintain_status_events_task() -> None:
    maintain(now())
