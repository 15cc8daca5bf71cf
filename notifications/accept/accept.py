"""Accept requests: refuse them while too much waits, replay the keys that were used before, check
the others, write and publish them (`write.py`), and return a result for each.

One transaction for a batch, or for several calls that wait together.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.conf import settings
from django.db import transaction

from channels.base import Lane
from notifications.accept import idempotency
from notifications.accept.draft import NO_FILES, Draft, draft, load_recipients
from notifications.accept.idempotency import Key
from notifications.accept.requests import Accepted, SendRequest, Warned
from notifications.accept.write import publish, write
from notifications.attachments import store as attachments
from notifications.counters.table import waiting
from notifications.resolve.rows import Row
from notifications.statuses import FINAL
from notifications.variables import wipe
from notifyproj.core.api.bodies import convert
from notifyproj.core.api.errors import ApiError, InvalidFields
from notifyproj.core.clock import Snapshot
from preferences.facts.types import PRIORITY_OF, catalogue

log = logging.getLogger(__name__)

RETRY_AFTER = 10.0  # seconds

backlog = Snapshot(waiting, seconds=1)  # how many deliveries wait in all


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request is told: a body, or the error that refused it."""

    body: Accepted | None = None
    error: InvalidFields | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """What a service asks for at once. `key`: the `Idempotency-Key` of all of it; an item's own key
    goes before it."""

    service_id: int
    requests: Sequence[SendRequest | InvalidFields]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A service's parsed request, its idempotency key if it has one, and the fingerprint of its
    body."""

    service_id: int
    request: SendRequest
    key: Key | None
    hash: bytes


def is_full(request: SendRequest) -> bool:
    """Whether this one must come back later, as too much waits; types that may be urgent pass."""
    if backlog.get() < settings.BACKLOG_LIMIT:
        return False
    type_ = catalogue.get().by_slug.get(request.type)
    return type_ is None or type_.max_lane != Lane.URGENT


def refuse() -> ApiError:
    """Returns the 503 for a full backlog, with the seconds after which to try again."""
    message = "Too many deliveries are waiting; try again later."
    return ApiError(503, "backlog_full", message, retry_after=RETRY_AFTER)


def accept(
    service_id: int,
    requests: Sequence[SendRequest | InvalidFields],
    now: datetime,
    *,
    key: str = "",
) -> list[Answer]:
    """Accepts the requests of one call; see `accept_together`."""
    return accept_together([Call(service_id, requests, key)], now)[0]


def accept_together(calls: Sequence[Call], now: datetime) -> list[list[Answer]]:
    """Accept the requests of several calls, each by itself: an invalid one does not affect the
    others. Returns the answers of each call."""
    asked = [each for call in calls for each in _keyed(call)]
    answers: dict[int, Answer] = {}
    parsed: dict[int, Keyed] = {}
    for index, item in enumerate(asked):
        if isinstance(item, InvalidFields):
            answers[index] = Answer(error=item)
        else:
            parsed[index] = item
    with transaction.atomic():
        _replay(parsed, answers, now)
        fresh = {i: item for i, item in parsed.items() if i not in answers}
        drafts = _draft(fresh, answers, now)
        rows = write(list(drafts.values()), now)
        if kept := {key: answers[i].body for i in drafts if (key := parsed[i].key)}:
            idempotency.keep(kept)
    _repeat_within(parsed, answers)
    _after_commit(rows, drafts.values())
    told = iter(answers[index] for index in range(len(asked)))
    return [list(islice(told, len(call.requests))) for call in calls]


def _after_commit(rows: Sequence[Row], drafts: Iterable[Draft]) -> None:
    """What fails here must not pass for a refusal, or whoever asked would send it all again: the
    rows are written, and due by themselves."""
    try:
        publish(rows, drafts)
        wipe((row.notification_id, row.type_id) for row in rows if row.state in FINAL)
    except Exception:
        log.exception("accepted, and left to the sweep", extra={"deliveries": len(rows)})


def _keyed(call: Call) -> Iterator[Keyed | InvalidFields]:
    for index, request in enumerate(call.requests):
        if isinstance(request, InvalidFields):
            yield request
            continue
        text = request.idempotency_key or (f"{call.key}#{index}" if call.key else "")
        key = Key(call.service_id, text) if text else None
        yield Keyed(
            service_id=call.service_id,
            request=request,
            key=key,
            hash=idempotency.fingerprint(request) if key else b"",
        )


def _replay(parsed: dict[int, Keyed], answers: dict[int, Answer], now: datetime) -> None:
    """Answer the keys that were used before; claim the others for this transaction."""
    hashes = {item.key: item.hash for item in reversed(parsed.values()) if item.key}
    stored = idempotency.claim(hashes, now) if hashes else {}
    for index, item in parsed.items():
        if item.key is None:
            continue
        known = stored.get(item.key)
        same = known.is_of(item.request, item.hash) if known else hashes[item.key] == item.hash
        if not same:
            answers[index] = Answer(error=idempotency.REUSED)
        elif known:
            answers[index] = Answer(body=convert(known.response, Accepted), replayed=True)


def _draft(fresh: dict[int, Keyed], answers: dict[int, Answer], now: datetime) -> dict[int, Draft]:
    recipients = load_recipients([item.request for item in fresh.values()])
    files = _files(fresh.values(), now)
    drafts: dict[int, Draft] = {}
    seen: set[Key] = set()
    refused: list[Key] = []
    for index, item in fresh.items():
        if item.key in seen:
            continue  # the same request twice: see _repeat_within
        try:
            drafts[index] = draft(
                item.request,
                recipients,
                now,
                service_id=item.service_id,
                files=files.get(item.service_id, NO_FILES),
            )
            answers[index] = Answer(body=_body(drafts[index]))
        except InvalidFields as error:
            answers[index] = Answer(error=error)
            refused += [item.key] if item.key else []
        if item.key:
            seen.add(item.key)
    if refused:
        idempotency.release(refused)
    return drafts


def _files(items: Iterable[Keyed], now: datetime) -> dict[int, dict[str, int]]:
    """The sizes of the attachments that each service's requests name."""
    named: dict[int, set[str]] = {}
    for item in items:
        if item.request.attachments:
            named.setdefault(item.service_id, set()).update(map(str, item.request.attachments))
    return {id_: attachments.find(id_, ids, now) for id_, ids in named.items()}


def _repeat_within(parsed: dict[int, Keyed], answers: dict[int, Answer]) -> None:
    """What came twice with one key gets the answer of its first."""
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
