"""Endpoints and their delivery log, read for the API and the admin."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from msgspec import Struct

from notifications.status_events import secrets
from notifications.status_events.models import StatusAttempt, StatusEndpoint, StatusEvent
from notifyproj.core.clock import now as clock_now
from notifyproj.core.encryption import Undecryptable
from notifyproj.core.ids import instant_of


class EndpointView(Struct):
    """`status`: active, failing (attempts fail), full (too many events are waiting: new ones are
    dropped), suspended (until `resume`) or disabled."""

    id: int
    url: str
    description: str
    events: list[str]  # empty: all
    types: list[str]  # empty: all
    owner_email: str
    enabled: bool
    status: str
    reason: str
    failing_since: datetime | None
    suspended_at: datetime | None
    old_secret_until: datetime | None
    created_at: datetime


class EndpointPage(Struct):
    endpoints: list[EndpointView]


class TryView(Struct):
    number: int
    started_at: datetime
    duration_ms: int
    status: int | None  # null: no answer
    reason: str
    excerpt: str


class StatusEventView(Struct):
    """`id` is the webhook-id; `next_try_at` null: settled, or its endpoint is stopped."""

    id: str
    event: str
    delivery_id: str | None
    created_at: datetime
    status: str
    next_try_at: datetime | None
    settled_at: datetime | None
    tries: list[TryView]


class EventPage(Struct):
    events: list[StatusEventView]
    next_cursor: str = ""


def endpoints_of(service_id: int) -> QuerySet[StatusEndpoint]:
    return StatusEndpoint.objects.filter(service_id=service_id).order_by("pk")


def endpoint_view(row: StatusEndpoint) -> EndpointView:
    return EndpointView(
        id=row.pk,
        url=row.url,
        description=row.description,
        events=row.events,
        types=row.types,
        owner_email=row.owner_email,
        enabled=row.enabled,
        status=status_of(row),
        reason=row.reason,
        failing_since=row.failing_since,
        suspended_at=row.suspended_at,
        old_secret_until=_old_until(row),
        created_at=row.created_at,
    )


def status_of(row: StatusEndpoint) -> str:
    if not row.enabled:
        return "disabled"
    if row.suspended_at is not None:
        return "suspended"
    if row.full_since is not None:
        return "full"
    return "failing" if row.failing_since is not None else "active"


def events_list(
    *, endpoint: StatusEndpoint, before: UUID | None, limit: int, event: str = "", status: str = ""
) -> list[StatusEvent]:
    """Newest first."""
    rows = StatusEvent.objects.filter(endpoint=endpoint).order_by("-id").defer("body")
    if before is not None:
        rows = rows.filter(id__lt=before)
    if event:
        rows = rows.filter(event=event)
    if status:
        rows = rows.filter(state=next((s for s in StatusEvent.State if s.label == status), 0))
    return list(rows[:limit])


def event_views(endpoint: StatusEndpoint, rows: Sequence[StatusEvent]) -> list[StatusEventView]:
    tries = tries_of([row.pk for row in rows])
    stopped = status_of(endpoint) in ("disabled", "suspended")
    return [_event_view(row, tries.get(row.pk, []), stopped) for row in rows]


def tries_of(event_ids: Sequence[UUID]) -> dict[UUID, list[TryView]]:
    found: dict[UUID, list[TryView]] = {}
    rows = StatusAttempt.objects.filter(event_id__in=event_ids).order_by("event_id", "number")
    for row in rows:
        found.setdefault(row.event_id, []).append(
            TryView(
                number=row.number,
                started_at=row.started_at,
                duration_ms=row.duration_ms,
                status=row.status,
                reason=row.reason,
                excerpt=row.excerpt,
            )
        )
    return found


def _event_view(row: StatusEvent, tries: list[TryView], stopped: bool) -> StatusEventView:
    return StatusEventView(
        id=str(row.pk),
        event=row.event,
        delivery_id=str(row.delivery_id) if row.delivery_id else None,
        created_at=instant_of(row.pk),
        status=str(StatusEvent.State(row.state).label),
        next_try_at=None if stopped else row.due_at,
        settled_at=row.settled_at,
        tries=tries,
    )


def _old_until(row: StatusEndpoint) -> datetime | None:
    try:
        kept = secrets.valid(secrets.unseal(row.pk, bytes(row.secrets)), clock_now())
    except Undecryptable:
        return None
    return max((one.until for one in kept if one.until), default=None)
