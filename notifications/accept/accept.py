"""Take requests: check them, remember their keys, write them down, answer; then publish.

One transaction for a whole batch. Small audiences are resolved inside it, so that a login code
costs one transaction and one publish.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from channels.base import Lane
from notifications.accept import idempotency
from notifications.accept.draft import Draft, attachment_ids, draft, load_recipients
from notifications.accept.insert import insert_notifications
from notifications.accept.requests import Accepted, SendRequest, Warned
from notifications.attachments import store as attachments
from notifications.digests.collect import collect
from notifications.dispatch import dispatch
from notifications.resolve import insert as store
from notifications.resolve.resolve import first_fallbacks, load_facts, plan
from notifications.resolve.rows import Job, Row
from notifications.statuses import FINAL
from notifications.wipe import wipe
from notifyproj.core.api.bodies import convert
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.ids import milliseconds_of
from preferences.facts.types import PRIORITY_OF

INLINE = 50  # deliveries resolved in the accepting transaction


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


def accept(
    service_id: int,
    requests: Sequence[SendRequest | InvalidFields],
    now: datetime,
    *,
    key: str = "",
) -> list[Answer]:
    """Accept requests, each by itself: a bad one does not sink the others.

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
    stored = idempotency.claim(service_id, hashes, now)
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
    refused: list[str] = []
    for index, item in fresh.items():
        if item.key and item.key in seen:
            continue  # the same request twice in one batch: see _repeat_within
        try:
            drafts[index] = draft(item.request, recipients, now, files=files)
            answers[index] = Answer(body=_body(drafts[index]))
        except InvalidFields as error:
            answers[index] = Answer(error=error)
            refused.append(item.key)
        seen.add(item.key)
    idempotency.release(service_id, [key for key in refused if key])
    return drafts


def _files(service_id: int, items: Iterable[Keyed], now: datetime) -> dict[str, int]:
    named = {id_ for item in items for id_ in attachment_ids(item.request)}
    return attachments.find(service_id, named, now)


def _repeat_within(parsed: dict[int, Keyed], answers: dict[int, Answer]) -> None:
    """A repeated item of one batch gets the answer of its first."""
    first = {item.key: answers[i] for i, item in reversed(parsed.items()) if i in answers}
    for index, item in parsed.items():
        if index not in answers:
            original = first[item.key]
            answers[index] = Answer(original.body, original.error, replayed=True)


def write(service_id: int, drafts: list[Draft], now: datetime) -> list[Row]:
    """In the caller's transaction; answers the deliveries of the small ones. Then `publish`."""
    if not drafts:
        return []
    insert_notifications(service_id, [(item, _is_inline(item)) for item in drafts], now)
    attachments.keep(
        (id_, item.expires_at, item.only_recipient_id)
        for item in drafts
        for id_ in item.attachment_ids
    )
    return _resolve([item for item in drafts if _is_inline(item)], now)


def _is_inline(item: Draft) -> bool:
    return item.scheduled_at is None and item.size <= INLINE


def _resolve(drafts: list[Draft], now: datetime) -> list[Row]:
    jobs = [job(item) for item in drafts]
    if not jobs:
        return []
    facts = load_facts(jobs)
    full = full_queues({(channel, j.lane) for j in jobs for channel in j.channels})
    planned = plan(jobs, facts, full, now)
    return store.insert(collect(planned, facts, now))


def full_queues(wanted: set[tuple[str, int]]) -> set[tuple[str, int]]:
    return {(channel, lane) for channel, lane in wanted if not dispatch.has_room(channel, lane)}


def job(item: Draft) -> Job:
    return Job(
        notification_id=str(item.id),
        milliseconds=milliseconds_of(item.id),
        type=item.type,
        template_version_id=item.version.id,
        lane=item.lane,
        channels=item.channels,
        expires_at=item.expires_at,
        recipients=item.recipient_ids,
        unknown=item.unknown,
        fallbacks=first_fallbacks(item.type, item.channels, item.version.id),
        content_hash=item.content_hash,
        gathered=item.gathered,
    )


def publish(rows: Sequence[Row], drafts: Iterable[Draft]) -> None:
    due = [row.due() for row in rows if row.dispatched]
    if due:
        dispatch.publish(due)
    for item in drafts:
        if item.scheduled_at is None and not _is_inline(item):
            dispatch.publish_resolve(str(item.id), 1, item.lane)


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
