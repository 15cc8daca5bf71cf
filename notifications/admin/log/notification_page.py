"""What the page of one notification shows. Nothing is counted beyond what a page can hold."""

from typing import Any, NamedTuple

from django.db import connection

from channels.base import Lane
from notifications.admin.log.names import TONES, names_of, said, took, type_slug
from notifications.models import Delivery, Notification
from notifications.reasons import reason_text
from notifications.services.cancel import siblings
from notifications.statuses import OPEN, NotificationState, State
from notifyproj.core.ids import instant_of
from notifyproj.core.models import Service
from preferences.facts.types import PRIORITY_OF
from templates.models import TemplateVersion

SHOWN = 100
MOST_COUNTED = 10_000
COUNTED = """
SELECT state, count(*) FROM (
    SELECT state FROM delivery
    WHERE notification_id = %s AND id BETWEEN %s::uuid AND %s::uuid LIMIT %s
) counted GROUP BY state
"""
BEING_RESOLVED = {NotificationState.SCHEDULED, NotificationState.ACCEPTED, NotificationState.PAUSED}


class Count(NamedTuple):
    name: str
    label: str
    tone: str
    n: int


def notification_context(row: Notification) -> dict[str, Any]:
    counts = _counts(row)
    total = sum(count.n for count in counts)
    still = {state.name.lower() for state in OPEN}
    return {
        "row": row,
        "type_slug": type_slug(row.type_id),
        "service": Service.objects.filter(pk=row.service_id).first(),
        "version": TemplateVersion.objects.filter(pk=row.template_version_id).first(),
        "priority": PRIORITY_OF[Lane(row.lane)],
        "created_at": instant_of(row.pk),
        "counts": counts,
        "more_than": MOST_COUNTED if total >= MOST_COUNTED else None,
        "waiting": sum(count.n for count in counts if count.name in still),
        "is_open": row.state in BEING_RESOLVED or any(count.name in still for count in counts),
        "deliveries": _deliveries(row),
        "shown": SHOWN,
        "people": None if row.everyone else len(row.recipient_ids) + len(row.unknown_recipients),
    }


def _counts(row: Notification) -> list[Count]:
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [row.pk, *siblings(str(row.pk)), MOST_COUNTED])
        found = dict(cursor.fetchall())
    return [
        Count(state.name.lower(), str(state.label), TONES[state], found[state])
        for state in State
        if state in found
    ]


def _deliveries(row: Notification) -> list[dict[str, Any]]:
    bounds = siblings(str(row.pk))
    found = Delivery.objects.filter(notification_id=row.pk, pk__range=bounds).order_by("pk")
    rows = list(found[:SHOWN])
    names = names_of(rows)
    return [_line(each, names) for each in rows]


def _line(row: Delivery, names: Any) -> dict[str, Any]:
    word, tone = said(row)
    return {
        "row": row,
        "word": word,
        "tone": tone,
        "reason": reason_text(row.reason),
        "person": names.person(row),
        "address": names.address(row),
        "account": names.account(row.account_id) if row.attempts else "",
        "took": took(row),
    }
