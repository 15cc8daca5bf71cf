"""Celery tasks of campaigns; found by `autodiscover_tasks`."""

from celery import shared_task

from notifications import queues
from notifications.campaigns.report.moments import note_moments
from notifications.campaigns.run.feed import feed
from notifications.campaigns.run.tick import tick


@shared_task(name=queues.FEED)
def feed_task(slice_id: int, dispatch_no: int) -> None:
    feed(slice_id, dispatch_no)


@shared_task(name=queues.TICK_CAMPAIGNS)
def tick_campaigns_task() -> None:
    tick()


@shared_task(name=queues.NOTE_CAMPAIGNS)
def note_campaigns_task() -> None:
    note_moments()
