"""Celery tasks of digests; found by `autodiscover_tasks`."""

from celery import shared_task

from notifications import queues
from notifications.services.close_digests import close_due


@shared_task(name=queues.CLOSE_DIGESTS)
def close_digests_task() -> None:
    close_due()
