"""Accept requests: refuse them while too much waits, replay the keys that were used before, check
the others, write and publish them (`write.py`), and return a result for each.

One transaction for a whole batch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from channels.base import Lane
from notifications.accept import idempotency
from notifications.accept.draft import Draft, draft, load_recipients
from notifications.accept.requests import Accepted, SendRequest, Warned
from notifications.accept.write import publish, write
from notifications.attachments import store as attachments
from notifications.counters.table import waiting
from notifications.statuses import FINAL
from notifications.variables import wipe
from notifyproj.core.api.bodies import convert
from notifyproj.core.api.errors import ApiError, InvalidFields
from notifyproj.core.snapshot import Snapshot
from preferences.facts.types import PRIORITY_OF, catalogue

RETRY_AFTER = 10.0  # seconds

backlog = Snapshot(waiting, seconds=1)  # how many deliveries wait in all


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request is told: a body, or the error that refused it."""

    body: Accepted | None = None
    error: InvalidFields | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Keyed:
    """A parsed request, its idempotency key ("" for none) and the fingerprint of its body."""

    request: SendRequest
    key: str
    hash: bytes


def is_full(request: SendRequest) -> bool:
    """Whether this one must come back later, as too much waits; types that may be urgent pass."""
    if backlog.get() < settings.BACKLOG_LIMIT:
        return False
    type_ = catalogue.get().by_slug.get(request.type)
    return type_ is None or type_.max_lane != Lane.URGENT


def refuse() -> ApiError:
    message = "Too many deliveries are waiting; try again later."
    return ApiError(503, "backlog_full", message, retry_after=RETRY_AFTER)


def accept(
    service_id: int,
    requests: Sequence[SendRequest | InvalidFields],
    now: datetime,
    *,
    key: str = "",
) -> list[Answer]:
    """Accept requests, each by itself: an invalid one does not affect the others.

    `key` is the `Idempotency-Key` of the whole call; an item's own key goes before it.
    """
    answers: dict[int, Answer] = {}
    parsed: dict[int, Keyed] = {}
    for index, request in enumerate(requests):
        if isinstance(request, InvalidFields):
            answers[index] = Answer(error=request)
        else:
            parsed[index] = _keyed(request, f"{key}#{index}" if key else "")
    with transaction.atomic():
        _replay(service_id, parsed, answers, now)
        fresh = {i: item for i, item in parsed.items() if i not in answers}
        drafts = _draft(service_id, fresh, answers, now)
        rows = write(service_id, list(drafts.values()), now)
        bodies = {parsed[i].key: answers[i].body for i in drafts if parsed[i].key}
        if bodies:
            idempotency.keep(service_id, bodies)
    _repeat_within(parsed, answers)
    publish(rows, drafts.values())
    wipe((row.notification_id, row.type_id) for row in rows if row.state in FINAL)
    return [answers[index] for index in range(len(requests))]


def _keyed(request: SendRequest, fallback: str) -> Keyed:
    key = request.idempotency_key or fallback
    return Keyed(request, key, idempotency.fingerprint(request) if key else b"")


def _replay(
    service_id: int, parsed: dict[int, Keyed], answers: dict[int, Answer], now: datetime
) -> None:
    """Answer the keys that were used before; claim the others for this transaction."""
    hashes = {item.key: item.hash for item in reversed(parsed.values()) if item.key}
    stored = idempotency.claim(service_id, hashes, now) if hashes else {}
    for index, item in parsed.items():
        known = stored.get(item.key)
        same = known.is_of(item.request, item.hash) if known else _is_first(item, hashes)
        if not same:
            answers[index] = Answer(error=idempotency.REUSED)
        elif known:
            answers[index] = Answer(body=convert(known.response, Accepted), replayed=True)


def _is_first(item: Keyed, hashes: dict[str, bytes]) -> bool:
    """Whether no other body in this batch took the same key."""
    return hashes.get(item.key, b"") == item.hash


def _draft(
    service_id: int, fresh: dict[int, Keyed], answers: dict[int, Answer], now: datetime
) -> dict[int, Draft]:
    recipients = load_recipients([item.request for item in fresh.values()])
    files = _files(service_id, fresh.values(), now)
    drafts: dict[int, Draft] = {}
    seen: set[str] = set()
    refused: list[str] = []  # their keys
    for index, item in fresh.items():
        if item.key and item.key in seen:
            continue  # the same request twice in one batch: see _repeat_within
        try:
            drafts[index] = draft(item.request, recipients, now, files=files)
            answers[index] = Answer(body=_body(drafts[index]))
        except InvalidFields as error:
            answers[index] = Answer(error=error)
            refused += [item.key] if item.key else []
        seen.add(item.key)
    if refused:
        idempotency.release(service_id, refused)
    return drafts


def _files(service_id: int, items: Iterable[Keyed], now: datetime) -> dict[str, int]:
    named = {str(id_) for item in items for id_ in item.request.attachments}
    return attachments.find(service_id, named, now) if named else {}


def _repeat_within(parsed: dict[int, Keyed], answers: dict[int, Answer]) -> None:
    """A repeated item of one batch gets the answer of its first."""
    first = {item.key: answers[i] for i, item in reversed(parsed.items()) if i in answers}
    for index, item in parsed.items():
        if index not in answers:
            original = first[item.key]
            answers[index] = Answer(original.body, original.error, replayed=True)


def _body(item: Draft) -> Accepted:
    return Accepted(
        id=str(item.id),
        status="scheduled" if item.scheduled_at else "accepted",
        type=item.type.slug,
        template=item.version.name,
        priority=PRIORITY_OF[Lane(item.lane)],
        recipients=len(item.known) + len(item.unknown),
        scheduled_at=item.scheduled_at,
        expires_at=item.expires_at,
        warnings=[Warned(**warning) for warning in item.warnings],
    )
