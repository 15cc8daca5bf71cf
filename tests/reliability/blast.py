"""One notification to many, as a campaign makes it, and the books of it."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from channels.base import Channel, Lane
from notifications.dispatch import dispatch
from notifications.models import Notification
from notifications.statuses import FINAL, NotificationState, State
from notifications.variables import seal
from notifyproj.core.clock import milliseconds
from notifyproj.core.ids import uuid7
from preferences.models import NotificationType
from templates.models import TemplateVersion
from tests.survival.running import poll

OPEN = [state.value for state in State if state not in FINAL]


class Blast:
    """To everybody, or to the `people` with these ids."""

    def __init__(
        self,
        type_: NotificationType,
        service_id: int,
        channel: Channel = Channel.PUSH,
        people: list[int] | None = None,
        lane: Lane = Lane.NORMAL,
    ) -> None:
        self.started = time.monotonic()
        moment = datetime.now(UTC)
        self.id = str(uuid7(milliseconds(moment)))
        Notification.objects.create(
            id=self.id,
            service_id=service_id,
            type_id=type_.pk,
            template_version_id=TemplateVersion.objects.latest("pk").pk,
            lane=lane,
            state=NotificationState.ACCEPTED,
            channels=[channel.value],
            recipient_ids=people or [],
            everyone=people is None,
            variables=seal(self.id, {"order_id": "A-1"}, None),
            expires_at=moment + timedelta(hours=6),
            due_at=moment + dispatch.RESOLVE_LIFE,
            dispatch_no=1,
        )
        dispatch.publish_resolve(self.id, 1, lane)

    def states(self) -> Counter[str]:
        """By words, with the reason of those that wait."""
        return Counter(
            {
                f"{State(state).label}{f' ({reason})' if reason else ''}": n
                for state, reason, n in self._ask("state, reason, count(*)", "GROUP BY 1, 2")
            }
        )

    def ids(self) -> set[str]:
        return {row[0] for row in self._ask("id::text")}

    def most_attempts(self) -> int:
        return int(self._ask("max(attempts)")[0][0] or 0)

    def is_settled(self) -> bool:
        state = Notification.objects.values_list("state", flat=True).get(pk=self.id)
        if state != NotificationState.RESOLVED:
            return False
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM delivery WHERE notification_id = %s"
                " AND state = ANY(%s))",
                [self.id, OPEN],
            )
            return not cursor.fetchone()[0]

    def wait(self, seconds: float) -> float:
        """Until all of it settled; answers how long it took from the start."""
        self.until(self.is_settled, seconds, "the blast settled")
        return time.monotonic() - self.started

    def until(self, done: Callable[[], bool], seconds: float, what: str) -> None:
        """An assertion that says how far it got, if `what` does not happen in so many seconds."""
        try:
            poll(done, seconds, what, every=0.25)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.states()} {self._tries()}") from error

    def _tries(self) -> list[tuple[Any, ...]]:
        """Of what is left, some: when it goes on, and each of its attempts."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT d.due_at, a.number, a.account_id, a.started_at, a.outcome, a.code"
                " FROM delivery d LEFT JOIN attempt a ON a.delivery_id = d.id"
                " WHERE d.notification_id = %s AND d.state = ANY(%s) LIMIT 20",
                [self.id, OPEN],
            )
            return list(cursor.fetchall())

    def _ask(self, columns: str, group: str = "") -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {columns} FROM delivery WHERE notification_id = %s {group}", [self.id]
            )
            return list(cursor.fetchall())
