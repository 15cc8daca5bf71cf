"""What there is to do now, by one question to the database a second: only such tasks are started.

Each of them asks for its own work again, and holds a lock where one at a time is enough; so one
that is started for nothing, or twice, does no harm. Beat starts each now and then without asking,
in case a condition here misses something.
"""

from typing import NamedTuple

from django.db import connection

from channels.base import Lane
from notifications.digests.models import Digest
from notifications.dispatch.dispatch import publish_periodic
from notifications.queues import (
    CALLBACKS,
    CLOSE_DIGESTS,
    ERASE,
    FOLD,
    FOLD_CALLBACKS,
    PERIODIC,
    SEND_STATUS_EVENTS,
    STATUS_EVENTS,
    SWEEP,
    TELL,
)
from notifyproj.core.extension_point import ExtensionPoint


class Work(NamedTuple):
    """`found_by`: queries without parameters, of which one finds a row where there is something to
    do."""

    task: str
    queue: str
    found_by: tuple[str, ...]

    def condition(self) -> str:
        return " OR ".join(f"EXISTS ({query})" for query in self.found_by)


LANES = tuple(lane.value for lane in Lane)
OURS = (
    Work(
        SWEEP,
        PERIODIC,
        (
            "SELECT FROM notification WHERE due_at <= now()",
            f"SELECT FROM delivery WHERE lane IN {LANES} AND due_at <= now()",
            "SELECT FROM delivery WHERE held_by IS NOT NULL",
            "SELECT FROM provider_account WHERE retry_now",
        ),
    ),
    Work(
        FOLD,
        PERIODIC,
        (
            "SELECT FROM counter_delta",
            "SELECT FROM dead_candidate WHERE spared_at IS NULL",
            "SELECT FROM account_health_delta",
            "SELECT FROM provider_account WHERE rate_now IS NOT NULL",  # it grows by the second
        ),
    ),
    Work(FOLD_CALLBACKS, CALLBACKS, ("SELECT FROM inbound_callback WHERE due_at <= now()",)),
    Work(
        CLOSE_DIGESTS,
        PERIODIC,
        (f"SELECT FROM digest WHERE state = {Digest.State.OPEN.value} AND closes_at <= now()",),
    ),
    Work(
        SEND_STATUS_EVENTS,
        STATUS_EVENTS,
        # Those that were claimed, too: some of them wait in the process for their endpoint.
        (
            "SELECT FROM status_endpoint e WHERE EXISTS (SELECT FROM status_event v"
            " WHERE v.endpoint_id = e.id AND v.due_at <= now() + interval '30 seconds')",
        ),
    ),
    Work(ERASE, PERIODIC, ("SELECT FROM erasure WHERE due_at <= now()",)),
    Work(TELL, PERIODIC, ("SELECT FROM alert WHERE resolved_at IS NULL AND told_at IS NULL",)),
)
works: ExtensionPoint[Work] = ExtensionPoint()
for each in OURS:
    works.register(each.task, each)


def find_work() -> list[Work]:
    known = list(works)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(work.condition() for work in known)}")
        found = cursor.fetchone() or ()
    return [work for work, is_there in zip(known, found, strict=True) if is_there]


def start_work() -> None:
    """Publish the task of each work there is. One that is lost is found again a second later."""
    for work in find_work():
        publish_periodic(work.task, work.queue)
