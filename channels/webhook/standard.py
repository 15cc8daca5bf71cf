"""Outgoing webhooks by Standard Webhooks 1.0.0: to a URL that a recipient gave.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (2026-11)
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from channels import standard_webhooks, way_out
from channels.answers import json_object, retry_after
from channels.base import (
    Account,
    BuildError,
    Channel,
    Event,
    Field,
    HttpRequest,
    HttpResponse,
    InboundRequest,
    MessageTooLarge,
    Outcome,
    OutcomeKind,
)
from channels.messages import WebhookMessage
from channels.push.payload import encode

CHANNEL = Channel.WEBHOOK
FIELDS: tuple[Field, ...] = ()
REPEATABLE = True  # every attempt has the same webhook-id
TIMEOUT = 15.0
MAX_BODY = 65_536  # bytes; the specification advises 20 KB

BAD, RETRY = OutcomeKind.BAD_RECIPIENT, OutcomeKind.RETRY
UNREADABLE = Outcome(BAD, "The endpoint is not stored as it should be", "bad_endpoint")

# The specification's words for a sender. Whatever else it may be, the schedule of days gives its
# owner time to mend; nothing here is about us, so nothing is held.
STATUSES: dict[int, tuple[OutcomeKind, str]] = {
    410: (BAD, "The endpoint wants no more messages"),
    429: (RETRY, "The endpoint is too busy"),
    502: (RETRY, "The endpoint is too busy"),
    503: (RETRY, "The endpoint is too busy"),
    504: (RETRY, "The endpoint is too busy"),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)  # that are valid now, newest first


def endpoint_of(address: str, now: datetime) -> Endpoint:
    """Raises BuildError."""
    value = json_object(address.encode())
    url, secrets = value.get("url"), value.get("secrets")
    if not isinstance(url, str) or not isinstance(secrets, list):
        raise BuildError(UNREADABLE)
    try:
        valid = tuple(str(s["key"]) for s in secrets if _until(s.get("until")) > now)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise BuildError(UNREADABLE) from None
    if not valid:
        raise BuildError(UNREADABLE)
    return Endpoint(url, valid)


def build(message: WebhookMessage, account: Account, now: datetime) -> HttpRequest:
    """The same body on every attempt; stamp and signatures are this attempt's."""
    envelope = message.envelope
    endpoint = endpoint_of(envelope.address, now)
    body = encode(
        {
            "type": message.event,
            "timestamp": _iso(message.at),
            "data": dict(message.data),
            **way_out.data(envelope.way_out),
        }
    )
    if len(body) > MAX_BODY:
        raise MessageTooLarge(f"{MAX_BODY} bytes")
    try:
        headers = standard_webhooks.headers(
            endpoint.secrets, envelope.delivery_id, int(now.timestamp()), body
        )
    except ValueError:
        raise BuildError(UNREADABLE) from None
    return HttpRequest(
        "POST",
        endpoint.url,
        headers,
        body,
        timeout=TIMEOUT,
        guarded=True,
        endpoint=urlsplit(endpoint.url).netloc,
    )


def classify(response: HttpResponse) -> Outcome:
    status, code = response.status, f"http_{response.status}"
    if 200 <= status < 300:
        return Outcome(OutcomeKind.DELIVERED)
    default = (RETRY, "The endpoint redirects" if 300 <= status < 400 else "The endpoint refused")
    kind, reason = STATUSES.get(status, default)
    return Outcome(kind, reason, code, after=retry_after(response.headers))


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    """Nobody calls back: the answer says it all."""
    return False


def parse_events(request: InboundRequest) -> list[Event]:
    return []


def _until(text: str | None) -> datetime:
    return datetime.fromisoformat(text) if text else datetime.max.replace(tzinfo=UTC)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
