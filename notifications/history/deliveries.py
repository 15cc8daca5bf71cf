"""What happened to deliveries: each attempt, what was reported later, and why."""

from collections.abc import Sequence
from datetime import datetime
from itertools import compress
from uuid import UUID

from msgspec import Struct

from channels.accounts.routes import OWN
from channels.base import OutcomeKind
from channels.models import ProviderAccount
from notifications.digests.selectors import Pair, digests_of
from notifications.history.timeline import EventView, TimelineEntry, events_of, timeline
from notifications.links import our_urls as ours
from notifications.models import Attempt, Delivery
from notifications.reasons import reason_text
from notifications.resolve import trace as traces
from notifications.resolve.rows import IN_DIGEST
from notifications.statuses import ProviderOutcome, State
from preferences.models import ContactPoint, Recipient

OWN_NAMES: dict[int | None, str] = {id_: channel.value for channel, id_ in OWN.items()}


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


def delivery_views(rows: Sequence[Delivery]) -> list[DeliveryView]:
    """Returns deliveries, given in the order of their ids, with attempts, events and timeline."""
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
        _view(
            row,
            attempts=attempts.get(row.pk, []),
            events=events.get(row.pk, []),
            names=names,
            points=points,
            accounts=accounts,
        )
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
    *,
    attempts: Sequence[Attempt],
    events: list[EventView],
    names: dict[int, str],
    points: dict[int, str],
    accounts: dict[int, str],
) -> DeliveryView:
    tries = [_attempt(attempt, accounts) for attempt in attempts]
    reason = reason_text(row.reason)
    if reason == row.reason and tries:
        reason = tries[-1].reason  # a provider's own code: what it said
    return DeliveryView(
        id=str(row.pk),
        user_id=names.get(row.recipient_id or 0, row.unknown_recipient),
        channel=row.channel,
        to=points.get(row.contact_point_id or 0, ""),
        status=State(row.state).label,
        outcome=str(ProviderOutcome(row.outcome).label),
        reason=row.reason,
        reason_text=reason,
        why_url=ours.why_url(str(row.pk), ours.LONG_AGO) if row.recipient_id else "",
        why=[sentence for _, sentence in traces.read(row.trace, row.reason)],
        due_at=None if row.held_by else row.due_at,
        expires_at=row.expires_at,
        settled_at=row.settled_at,
        attempts=tries,
        events=events,
        timeline=timeline(row, map(_try, tries), events, reason),
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
