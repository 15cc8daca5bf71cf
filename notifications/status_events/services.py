"""What a service does with its endpoints. Everything that writes is here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction

from channels.standard_webhooks import new_secret
from channels.transport.ssrf import refuse_url
from notifications.status_events import outbox, secrets
from notifications.status_events.event_types import TEST, Name
from notifications.status_events.models import StatusEndpoint, StatusEvent, alert_key
from notifications.status_events.outbox import subscriptions
from notifications.status_events.secrets import Kept
from notifyproj.core.alerts.alerts import alert_resolve
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.clock import milliseconds
from notifyproj.core.clock import now as clock_now
from notifyproj.core.encryption import Undecryptable
from notifyproj.core.ids import instant_of, uuid7
from notifyproj.core.models import Service
from preferences.facts.types import catalogue

OVERLAP = timedelta(hours=24)  # in which the old secret still signs
MOST_ENDPOINTS = 50  # of a service
MOST_SECRETS = 4
MOST_REPLAYED = 10_000  # in one call

REPLAY = """
UPDATE status_event v SET state = %(waiting)s, due_at = now(), attempts = 0, settled_at = NULL
WHERE v.id = ANY(ARRAY(
    SELECT id FROM status_event
    WHERE endpoint_id = %(endpoint)s AND id >= %(first)s::uuid AND id < %(last)s::uuid
      AND due_at IS NULL AND (%(events)s::varchar[] IS NULL OR event = ANY(%(events)s))
    ORDER BY id LIMIT %(most)s FOR NO KEY UPDATE
)) RETURNING v.id
"""


@dataclass(frozen=True, slots=True)
class EndpointFields:
    """What an endpoint is to be; checked by `endpoint_create` and `endpoint_update`."""

    url: str
    events: Sequence[str] = ()
    types: Sequence[str] = ()
    description: str = ""
    owner_email: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Replayed:
    events: int
    next_from: datetime | None  # there were more: go on here


def endpoint_create(*, service_id: int, fields: EndpointFields) -> tuple[StatusEndpoint, str]:
    """The endpoint and its secret, which is shown only now. Raises InvalidFields."""
    check(fields)
    secret = new_secret()
    with transaction.atomic():
        Service.objects.select_for_update(no_key=True).get(pk=service_id)  # one at a time
        if StatusEndpoint.objects.filter(service_id=service_id).count() >= MOST_ENDPOINTS:
            raise InvalidFields(
                {"url": f"A service can have at most {MOST_ENDPOINTS} status endpoints."}
            )
        made = StatusEndpoint.objects.create(service_id=service_id, **_columns(fields))
        made.secrets = secrets.seal(made.pk, [Kept(secret)])
        made.save(update_fields=["secrets"])
    subscriptions.forget()
    return made, secret


def endpoint_update(*, endpoint: StatusEndpoint, fields: EndpointFields) -> None:
    """Raises InvalidFields. Enabling one that was disabled gives it a new start."""
    check(fields, endpoint)
    enabling = fields.enabled and not endpoint.enabled
    for name, value in _columns(fields).items():
        setattr(endpoint, name, value)
    with transaction.atomic():
        endpoint.save(update_fields=list(_columns(fields)))
        if enabling:
            endpoint_resume(endpoint=endpoint)
    subscriptions.forget()


def endpoint_delete(*, endpoint: StatusEndpoint) -> None:
    """Its events stay unsent until maintenance forgets them."""
    with transaction.atomic():
        alert_resolve(key=alert_key(endpoint.pk))
        endpoint.delete()
    subscriptions.forget()


def endpoint_resume(*, endpoint: StatusEndpoint) -> None:
    """Resumes a suspended endpoint; the events that waited are sent."""
    fresh: dict[str, Any] = {"suspended_at": None, "reason": "", "failures": 0}
    fresh |= {"failing_since": None, "rest_until": None, "tell_owner": False}
    with transaction.atomic():
        StatusEndpoint.objects.filter(pk=endpoint.pk).update(**fresh)
        alert_resolve(key=alert_key(endpoint.pk))
    for name, value in fresh.items():
        setattr(endpoint, name, value)


def secret_rotate(*, endpoint: StatusEndpoint, now: datetime) -> tuple[str, datetime]:
    """(the new secret, until when the old one signs, too)."""
    secret, until = new_secret(), now + OVERLAP
    with transaction.atomic():
        row = StatusEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        try:
            old = secrets.valid(secrets.unseal(row.pk, bytes(row.secrets)), now)
        except Undecryptable:
            old = []  # it signs nothing any more
        kept = [Kept(secret), *(Kept(one.secret, one.until or until) for one in old)]
        row.secrets = secrets.seal(row.pk, kept[:MOST_SECRETS])
        row.save(update_fields=["secrets"])
    return secret, until


def event_test(*, endpoint: StatusEndpoint, now: datetime) -> UUID:
    """Creates a test event without content, due at once."""
    id_ = uuid7(milliseconds(now))
    body = outbox.body_of(TEST, now, {"endpoint_id": endpoint.pk})
    outbox.insert(
        [outbox.Row(id=id_, endpoint_id=endpoint.pk, event=TEST, delivery_id=None, body=body)]
    )
    return id_


def events_replay(
    *, endpoint: StatusEndpoint, since: datetime, until: datetime, events: Sequence[str] = ()
) -> Replayed:
    """Send again what was sent or given up, with the ids and bytes of the first time."""
    _check_events(events)
    values: dict[str, Any] = {"endpoint": endpoint.pk, "most": MOST_REPLAYED}
    values |= {"first": str(_first_of(since)), "last": str(_first_of(until))}
    values |= {"events": list(events) or None, "waiting": StatusEvent.State.WAITING.value}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REPLAY, values)
        ids = [UUID(str(row[0])) for row in cursor.fetchall()]
    more = len(ids) >= MOST_REPLAYED
    return Replayed(len(ids), instant_of(max(ids)) if more else None)


def event_resend(*, event: StatusEvent) -> bool:
    """Makes one event due once more; returns False where it still waits."""
    settled = StatusEvent.objects.filter(pk=event.pk, due_at=None)
    fresh: dict[str, Any] = {"attempts": 0, "settled_at": None, "due_at": clock_now()}
    return bool(settled.update(state=StatusEvent.State.WAITING, **fresh))


def check(fields: EndpointFields, before: StatusEndpoint | None = None) -> None:
    """Raises InvalidFields. What an endpoint has `before` may stay: it must be possible to
    disable one whose type was removed."""
    wrong: dict[str, str] = {}
    refusal = refuse_url(fields.url, loopback_allowed=settings.ALLOW_PRIVATE_URLS)
    if refusal and (before is None or fields.url != before.url):
        wrong["url"] = f"{refusal}."
    known = {value.slug for value in catalogue.get().by_id.values()}
    if unknown := sorted(set(fields.types) - known - set(before.types if before else ())):
        wrong["types"] = f"Notification type {unknown[0]!r} not found."
    if fields.owner_email:
        try:
            validate_email(fields.owner_email)
        except ValidationError:
            wrong["owner_email"] = "Must be an e-mail address, such as name@example.com."
    if wrong:
        raise InvalidFields(wrong)
    _check_events(fields.events)


def _check_events(events: Sequence[str]) -> None:
    if unknown := sorted(set(events) - {name.value for name in Name}):
        names = ", ".join(Name)
        raise InvalidFields({"events": f"{unknown[0]!r} is none of {names}."})


def _columns(fields: EndpointFields) -> dict[str, Any]:
    return {
        "url": fields.url,
        "events": sorted(set(fields.events)),
        "types": sorted(set(fields.types)),
        "description": fields.description,
        "owner_email": fields.owner_email,
        "enabled": fields.enabled,
    }


def _first_of(instant: datetime) -> UUID:
    """The smallest id of that instant; no id is older than 1970."""
    return UUID(int=max(0, milliseconds(instant)) << 80)
