"""What has to be done now and then: partitions, old keys, old inbox items, old files."""

import logging
from datetime import timedelta

from django.conf import settings

from channels.inbox.services import delete_old
from notifications import partitions
from notifications.accept import idempotency
from notifications.analytics.coarsen import coarsen
from notifications.attachments import store as attachments
from notifications.digests.erasure import forget_old
from notifications.record import dead_addresses
from notifications.segments.erasure import forget_activity
from notifyproj.core.clock import now as clock_now

log = logging.getLogger(__name__)

MOST_BATCHES = 100


def maintain() -> None:
    """Every step is bounded and may be repeated; the next run goes on where this one stopped."""
    now = clock_now()
    made = partitions.ensure_partitions(now.date())
    dropped = partitions.drop_partitions(now.date() - timedelta(days=settings.RETENTION_DAYS))
    if made or dropped:
        log.info("partitions", extra={"made": len(made), "dropped": len(dropped)})
    for _ in range(MOST_BATCHES):
        if not idempotency.forget(now):
            break
    for _ in range(MOST_BATCHES):
        if not attachments.delete_expired(now):
            break
    for _ in range(MOST_BATCHES):
        if not forget_old(now):
            break
    for _ in range(MOST_BATCHES):
        if not forget_activity(now):
            break
    coarsen()
    dead_addresses.forget(now)
    delete_old(now=now)
