"""What happened to a notification, and why: read for the API and the admin."""

from collections.abc import Sequence
from datetime import datetime
from itertools import compress
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from msgspec import Struct

from channels.accounts.routes import OWN
from channels.base import Lane, OutcomeKind
from channels.models import ProviderAccount
from notifications.digests.selectors import Pair, digests_of
from notifications.history.by_person import to_recipient
from notifications.history.timeline import EventView, TimelineEntry, events_of, timeline
from notifications.links import our_urls as ours
from notifications.models import Attempt, Delivery, Notification
from notifications.reasons import words
from notifications.resolve import trace as traces
from notifications.resolve.rows import IN_DIGEST
from notifications.services.cancel import siblings
from notifications.statuses import NotificationState, ProviderOutcome, State
from notifyproj.core.ids import first_of, instant_of
from preferences.facts.types import PRIORITY_OF, catalogue
from preferences.models import ContactPoint, Recipient
from templates.models import TemplateVersion

OWN_NAMES: dict[int | None, str] = {id_: channel.value for channel, id_ in OWN.items()}
MOST_DELIVERIES = 1_000  # of one notification in one answer


class AttemptView(Struct):
    number: int
    account: str
    started_at: datetime
    duration_ms: int
    outcome: str
    code: str
    reason: str
    provider_id: str


class DeliveryView(Struct):
    id: str
    user_id: str | None
    channel: str
    to: str  # masked
    status: str
    outcome: str  # the provider's word, as far as it goes
    reason: str  # a stable code
    reason_text: str
    why: list[str]  # why it was sent, or not, in sentences
    why_url: str  # the same as a page, for the person
    due_at: datetime | None
    expires_at: datetime
    settled_at: datetime | None
    attempts: list[AttemptView]
    events: list[EventView]  # what was said later
    timeline: list[TimelineEntry]


class NotificationSummary(Struct):
    id: str
    status: str
    type: str
    template: str
    priority: str
    channels: list[str]
    recipients: int | None  # None: everybody
    created_at: datetime
    scheduled_at: datetime | None
    expires_at: datetime
    cancelled_at: datetime | None
    metadata: dict[str, Any]


class NotificationView(NotificationSummary):
    by_status: dict[str, int]
    deliveries: list[DeliveryView]
    next_cursor: str = ""  # for the deliveries after these


class NotificationPage(Struct):
    notifications: list[NotificationSummary]
    next_cursor: str = ""


def notification_get(
    notification_id: UUID, service_id: int | None, after: UUID | None = None
) -> NotificationView | None:
    """One notification with up to `MOST_DELIVERIES` deliveries; None when it is not theirs."""
    rows = Notification.objects.filter(pk=notification_id)
    if service_id is not None:
        rows = rows.filter(service_id=service_id)
    row = rows.first()
    if row is None:
        return None
    found = list(_deliveries(row, after)[: MOST_DELIVERIES + 1])
    page = found[:MOST_DELIVERIES]
    by_status = _by_status(row)
    summary = _summary(row, _versions([row]))
    if row.state == NotificationState.RESOLVED:
        summary.status = "sending" if any(by_status.get(s) for s in OPEN_LABELS) else "done"
    return NotificationView(
        **{name: getattr(summary, name) for name in summary.__struct_fields__},
        by_status=by_status,
        deliveries=delivery_views(page),
        next_cursor=str(page[-1].pk) if len(found) > len(page) else "",
    )


OPEN_LABELS = (State.WAITING.label, State.LEASED.label, State.AWAITING.label)


def notifications_list(
    *,
    service_id: int | None,
    before: UUID | None,
    limit: int,
    type_slug: str = "",
    status: str = "",
    user_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Notification]:
    """Newest first; ids sort by time, so dates are bounds of ids."""
    rows = Notification.objects.order_by("-id")
    if service_id is not None:
        rows = rows.filter(service_id=service_id)
    if before is not None:
        rows = rows.filter(id__lt=before)
    rows = rows.filter(_within(since, until))
    if type_slug:
        known = {value.slug: value.id for value in catalogue.get().by_id.values()}
        rows = rows.filter(type_id=known.get(type_slug, 0))
    if status:
        rows = rows.filter(state=next((s for s in NotificationState if s.label == status), 0))
    if user_id:
        rows = rows.filter(to_recipient(user_id, before))
    return list(rows[:limit])


def summaries(rows: Sequence[Notification]) -> list[NotificationSummary]:
    versions = _versions(rows)
    return [_summary(row, versions) for row in rows]


def _within(since: datetime | None, until: datetime | None) -> Q:
    found = Q()
    if since is not None:
        found &= Q(id__gte=first_of(since))
    if until is not None:
        found &= Q(id__lt=first_of(until))
    return found


def _deliveries(row: Notification, after: UUID | None) -> Any:
    low, high = siblings(str(row.pk))
    rows = Delivery.objects.filter(notification_id=row.pk, id__range=(low, high)).order_by("id")
    return rows.filter(id__gt=after) if after else rows


def _by_status(row: Notification) -> dict[str, int]:
    low, high = siblings(str(row.pk))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, count(*) FROM delivery WHERE notification_id = %s"
            " AND id BETWEEN %s::uuid AND %s::uuid GROUP BY state",
            [str(row.pk), low, high],
        )
        return {State(state).label: n for state, n in cursor.fetchall()}


def _versions(rows: Sequence[Notification]) -> dict[int, str]:
    found = TemplateVersion.objects.select_related("template").filter(
        pk__in={row.template_version_id for row in rows}
    )
    return {version.pk: str(version) for version in found}


def _summary(row: Notification, versions: dict[int, str]) -> NotificationSummary:
    type_ = catalogue.get().by_id.get(row.type_id)
    return NotificationSummary(
        id=str(row.pk),
        status=NotificationState(row.state).label,
        type=type_.slug if type_ else "",
        template=versions.get(row.template_version_id, ""),
        priority=PRIORITY_OF[Lane(row.lane)],
        channels=list(row.channels),
        recipients=(None if row.everyone else len(row.recipient_ids) + len(row.unknown_recipients)),
        created_at=instant_of(row.pk),
        scheduled_at=row.scheduled_at,
        expires_at=row.expires_at,
        cancelled_at=row.cancelled_at,
        metadata=row.metadata,
    )


def delivery_views(rows: Sequence[Delivery]) -> list[DeliveryView]:
    attempts: dict[UUID, list[Attempt]] = {}
    if rows:
        ids = [row.pk for row in rows]
        tries = Attempt.objects.filter(delivery_id__in=ids, delivery_id__range=(ids[0], ids[-1]))
        for attempt in tries.order_by("delivery_id", "number"):
            attempts.setdefault(attempt.delivery_id, []).append(attempt)
    names = dict(
        Recipient.objects.filter(pk__in={row.recipient_id for row in rows}).values_list(
            "id", "external_id"
        )
    )
    points = dict(
        ContactPoint.objects.filter(pk__in={row.contact_point_id for row in rows}).values_list(
            "id", "hint"
        )
    )
    accounts = dict(ProviderAccount.objects.values_list("id", "slug"))
    events = events_of(rows, accounts)
    views = [
        _view(row, attempts.get(row.pk, []), events.get(row.pk, []), names, points, accounts)
        for row in rows
    ]
    _tell_of_digests(rows, views)
    return views


def _tell_of_digests(rows: Sequence[Delivery], views: Sequence[DeliveryView]) -> None:
    pairs = [Pair(row.notification_id, row.recipient_id) for row in rows]
    collected = [row.reason == IN_DIGEST for row in rows]
    found = digests_of(compress(pairs, collected))
    for pair, view in compress(zip(pairs, views, strict=True), collected):
        if pair in found:
            view.why.append(found[pair])


def _view(
    row: Delivery,
    attempts: Sequence[Attempt],
    events: list[EventView],
    names: dict[int, str],
    points: dict[int, str],
    accounts: dict[int, str],
) -> DeliveryView:
    tries = [_attempt(attempt, accounts) for attempt in attempts]
    reason_text = words(row.reason)
    if reason_text == row.reason and tries:
        reason_text = tries[-1].reason  # a provider's own code: what it said
    return DeliveryView(
        id=str(row.pk),
        user_id=names.get(row.recipient_id or 0, row.unknown_recipient),
        channel=row.channel,
        to=points.get(row.contact_point_id or 0, ""),
        status=State(row.state).label,
        outcome=str(ProviderOutcome(row.outcome).label),
        reason=row.reason,
        reason_text=reason_text,
        why_url=ours.why_url(str(row.pk), ours.LONG_AGO) if row.recipient_id else "",
        why=[sentence for _, sentence in traces.read(row.trace, row.reason)],
        due_at=None if row.held_by else row.due_at,
        expires_at=row.expires_at,
        settled_at=row.settled_at,
        attempts=tries,
        events=events,
        timeline=timeline(row, map(_try, tries), events, reason_text),
    )


def _attempt(attempt: Attempt, accounts: dict[int, str]) -> AttemptView:
    return AttemptView(
        number=attempt.number,
        account=OWN_NAMES.get(attempt.account_id) or accounts.get(attempt.account_id or 0, ""),
        started_at=attempt.started_at,
        duration_ms=attempt.duration_ms,
        outcome=OutcomeKind(attempt.outcome).name.lower(),
        code=attempt.code,
        reason=attempt.reason,
        provider_id=attempt.provider_id,
    )


def _try(one: AttemptView) -> tuple[datetime, int, str]:
    what = ": ".join(part for part in (one.outcome, one.reason) if part)
    return one.started_at, one.number, what
