"""Tell the person on call about open alerts: once, and again a day later if it still happens.

To Sentry, to a webhook and by e-mail, whichever are set. First told, then marked: a process that
dies in between tells it twice.
"""

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection
from pyreqwest.client import SyncClientBuilder
from pyreqwest.exceptions import PyreqwestError

from notifyproj.core.advisory_lock import AdvisoryLock

log = logging.getLogger(__name__)

LOCK = AdvisoryLock(
    "aler"
)  # one teller at a time: a slow webhook must not take every periodic thread
MOST = 20  # alerts a turn
TIMEOUT = timedelta(seconds=5)

UNTOLD = """
SELECT id, key, title, detail, count, first_at, last_at FROM alert
WHERE resolved_at IS NULL
  AND (told_at IS NULL OR (told_at < now() - interval '1 day' AND last_at > told_at))
ORDER BY id LIMIT %s
"""


class Told(NamedTuple):
    id: int
    key: str
    title: str
    detail: str
    times: int
    first_at: datetime
    last_at: datetime

    def text(self) -> str:
        times = f"{self.times} times since" if self.times > 1 else "at"
        return f"{self.title}\n{self.detail}\n{times} {self.first_at:%Y-%m-%d %H:%M:%S} UTC".strip()


def tell_alerts() -> int:
    """Returns how many were told. One that nobody took stays untold and is tried again."""
    told = 0
    with LOCK.try_held() as alone:
        for alert in _untold() if alone else ():
            if _tell(alert):
                _mark(alert.id)
                told += 1
    return told


def _tell(alert: Told) -> bool:
    """By every way that is set; True when one of them worked, or none is set."""
    log.error("alert", extra={"key": alert.key, "title": alert.title, "count": alert.times})
    ways: list[Callable[[Told], None]] = []
    if settings.SENTRY_DSN:
        ways.append(_by_sentry)
    if settings.ALERT_WEBHOOK_URL:
        ways.append(_by_webhook)
    if settings.ALERT_EMAIL:
        ways.append(_by_email)
    worked = [_worked(way, alert) for way in ways]  # all of them, not up to the first
    return not ways or any(worked)


def _worked(way: Callable[[Told], None], alert: Told) -> bool:
    try:
        way(alert)
    except (OSError, PyreqwestError) as error:  # smtplib's errors are OSErrors
        log.warning("alert not told", extra={"way": way.__name__, "error": type(error).__name__})
        return False
    return True


def _by_sentry(alert: Told) -> None:
    import sentry_sdk  # only where it is used: 15 MB

    with sentry_sdk.new_scope() as scope:
        scope.fingerprint = [alert.key]
        scope.set_context("alert", {"detail": alert.detail, "count": alert.times})
        sentry_sdk.capture_message(alert.title, level="error")


def _by_webhook(alert: Told) -> None:
    """JSON, with the `text` that Slack and its likes show."""
    fields: dict[str, Any] = {"text": alert.text(), **alert._asdict()}
    fields |= {name: getattr(alert, name).isoformat() for name in ("first_at", "last_at")}
    # Where the setting says and nowhere else: not on to where that server points.
    builder = SyncClientBuilder().timeout(TIMEOUT).error_for_status(True).follow_redirects(False)
    with builder.build() as client:
        request = client.post(settings.ALERT_WEBHOOK_URL)
        request = request.header("content-type", "application/json")
        answer = request.body_text(json.dumps(fields)).build().send()
    if answer.status >= 300:
        raise OSError(f"the webhook points elsewhere: {answer.status}")


def _by_email(alert: Told) -> None:
    to = [settings.ALERT_EMAIL]
    EmailMessage(f"[notify] {alert.title}", alert.text(), settings.ALERT_FROM, to).send()


def _untold() -> list[Told]:
    with connection.cursor() as cursor:
        cursor.execute(UNTOLD, [MOST])
        return [Told(*row) for row in cursor.fetchall()]


def _mark(id_: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alert SET told_at = now() WHERE id = %s", [id_])
