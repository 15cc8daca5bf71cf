"""What the page of one delivery shows: read here, told by `steps.py`."""

from typing import Any

from channels.admin.account_state import money
from channels.base import OutcomeKind
from notifications.admin.log.names import Names, names_of, said, took, type_slug
from notifications.admin.log.steps import Heard, Step, Story, Try, steps
from notifications.models import Attempt, Delivery, Event, Notification
from notifications.reasons import reason_text
from notifications.resolve import trace as traces
from notifications.statuses import FINAL, State
from notifyproj.core.clock import now
from notifyproj.core.ids import instant_of
from preferences.facts.types import catalogue
from templates.models import TemplateVersion

MOST_EVENTS = 200
ENDS = {
    State.SENT: ("Sent", "good"),
    State.FAILED: ("Failed", "bad"),
    State.SKIPPED: ("Skipped", "none"),
    State.EXPIRED: ("Expired", "warn"),
    State.CANCELLED: ("Cancelled", "none"),
    State.UNCERTAIN: ("Uncertain: sent, but the provider never responded", "warn"),
}
GOES_ON = {State.LEASED: "Sending", State.AWAITING: "Waiting for a receipt"}


def delivery_context(row: Delivery) -> dict[str, Any]:
    names = names_of([row])
    attempts = _attempts(row, names)
    word, tone = said(row)
    return {
        "row": row,
        "word": word,
        "tone": tone,
        "reason": _reason(row, attempts),
        "person": names.person(row),
        "address": names.address(row),
        "account": names.account(row.account_id) if row.attempts else "",
        "type_slug": type_slug(row.type_id),
        "version": TemplateVersion.objects.filter(pk=row.template_version_id).first(),
        "created_at": instant_of(row.pk),
        "took": took(row),
        "steps": steps(_story(row, names, attempts)),
        "is_open": row.state not in FINAL,
        "parent": Notification.objects.filter(pk=row.notification_id).first(),
    }


def _story(row: Delivery, names: Names, attempts: list[Try]) -> Story:
    return Story(
        created_at=instant_of(row.pk),
        why=[sentence for _, sentence in traces.read(row.trace, row.reason)],
        ready_at=row.ready_at,
        attempts=attempts,
        heard=_heard(row, names),
        ended=_ended(row, attempts),
    )


def _ended(row: Delivery, attempts: list[Try]) -> Step | None:
    state, reason = State(row.state), _reason(row, attempts)
    if row.settled_at is not None and state in ENDS:
        title, tone = ENDS[state]
        return Step(row.settled_at, title, tone, [reason] if reason else [])
    if row.held_by:
        return Step(now(), f"Waiting until {row.held_by} is available", "warn", [reason])
    waits = row.due_at if row.due_at and row.due_at > now() else None
    title = GOES_ON.get(state, "Next attempt")
    return Step(waits or now(), title, "busy", [reason] if reason else [])


def _reason(row: Delivery, attempts: list[Try]) -> str:
    """In words; of a provider's own code, what it said."""
    text = reason_text(row.reason)
    return attempts[-1].reason or text if text == row.reason and attempts else text


def _attempts(row: Delivery, names: Names) -> list[Try]:
    sensitive = _is_sensitive(row)
    return [
        Try(
            number=one.number,
            started_at=one.started_at,
            duration_ms=one.duration_ms,
            outcome=OutcomeKind(one.outcome),
            account=names.account(one.account_id),
            code=one.code,
            reason=one.reason,
            provider_id=one.provider_id,
            status=one.response_status,
            excerpt="" if sensitive else one.response_excerpt,
            cost=money(one.cost_micros) if one.cost_micros else "",
        )
        for one in Attempt.objects.filter(delivery_id=row.pk).order_by("number")
    ]


def _is_sensitive(row: Delivery) -> bool:
    type_ = catalogue.get().by_id.get(row.type_id)
    return type_ is None or type_.sensitive


def _heard(row: Delivery, names: Names) -> list[Heard]:
    events = Event.objects.filter(delivery_id=row.pk).order_by("at", "received_at")
    return [
        Heard(
            kind=one.kind,
            at=one.at,
            account=names.account(one.account_id) if one.account_id else "",
            is_bot=one.machine,
            code=one.code,
            reason=one.reason,
            detail=one.detail,
        )
        for one in events[:MOST_EVENTS]
    ]
