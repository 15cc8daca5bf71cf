"""Another channel when one does not arrive: push, then SMS unless the push is accepted in 10 s.

The second delivery is a row from the start, waiting for its deadline; so nothing has to watch the
first, and no crash forgets it. When it is due, the first one's state says whether it is needed.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection
from psycopg2 import sql

from channels.base import Channel
from notifications.dispatch.claim import Claimed
from notifications.record.outcomes import Change
from notifications.statuses import OPEN, ProviderOutcome, State
from notifyproj.core.ids import delivery_id, milliseconds_in, partition_of
from notifyproj.core.sqlarrays import array
from preferences.facts.types import Fallback, catalogue, type_of

FIRST, NEXT, HASTENED = "fallback", "fallback_next", "fallback_now"
LOST = frozenset({State.FAILED, State.SKIPPED, State.UNCERTAIN})

POINTS = """
SELECT recipient_id, channel, id FROM contact_point
WHERE recipient_id = ANY(%s::bigint[]) AND channel = ANY(%s)
    AND (app_id IS NULL OR app_id <> ALL(%s::bigint[]))
"""
SOURCES = sql.SQL("SELECT id::text, state, outcome FROM {leaf} WHERE id = ANY(%s::uuid[])")
HASTEN = sql.SQL("""
UPDATE {leaf} SET due_at = now(), ready_at = now(), reason = %s
WHERE fallback_of = ANY(%s::uuid[]) AND state = %s AND reason = %s
""")

Source = tuple[int, int]  # state, outcome
Verdict = tuple[State, str, float] | None  # None: it is to go


def judge(reason: str, steps: Sequence[Fallback], sources: Sequence[Sequence[Source]]) -> Verdict:
    """What becomes of a fallback that is due; else (state, reason, seconds to wait).

    `steps` by their deadlines, `sources` the deliveries each of them looks at.
    """
    missing = [not arrived(step, seen) for step, seen in zip(steps, sources, strict=True)]
    first, last = steps[0], steps[-1]
    if reason == HASTENED and missing[0] and any(s in OPEN for s, _ in sources[0]):
        return State.WAITING, FIRST, first.after  # another device may still take it
    if missing[0] or (reason not in (FIRST, HASTENED) and any(missing)):
        return None
    if any(missing):
        return State.WAITING, NEXT, last.after - first.after
    return State.SKIPPED, "fallback_not_needed", 0.0


def arrived(step: Fallback, sources: Sequence[Source]) -> bool:
    if step.unless == "accepted":
        return any(state == State.SENT for state, _ in sources)
    known = range(ProviderOutcome.DELIVERED, ProviderOutcome.CLICKED + 1)
    return any(outcome in known for _, outcome in sources)


def needed(rows: Sequence[Claimed], now: datetime, put: Callable[[Change], None]) -> list[Claimed]:
    """The rows to go on with; fallbacks that are not needed, or not yet, are `put`."""
    asked = [row for row in rows if row.fallback_of and not row.attempts]
    if not asked:
        return list(rows)
    settled = {}
    for row, steps, sources in _sources(asked):
        if steps and (verdict := judge(row.reason, steps, sources)):
            state, reason, seconds = verdict
            due_at = min(now + timedelta(seconds=seconds), row.expires_at)
            settled[row.id] = Change(
                row, state, reason, due_at=due_at if state == State.WAITING else None
            )
    for change in settled.values():
        put(change)
    return [row for row in rows if row.id not in settled]


def hasten(lost: Iterable[str]) -> None:
    """These deliveries failed: what waits for them need wait no longer."""
    ids = sorted(lost)
    if not ids:
        return
    params = (HASTENED, array(ids), State.WAITING.value, FIRST)
    with connection.cursor() as cursor:
        for id_ in {milliseconds_in(id_) // 86_400_000: id_ for id_ in ids}.values():
            cursor.execute(
                HASTEN.format(leaf=sql.Identifier(partition_of("delivery", id_))), params
            )


def steps_to(type_id: int, channel: str, app_id: int | None = None) -> list[Fallback]:
    """By their deadlines."""
    type_ = type_of(type_id)
    steps = [step for step in type_.fallbacks if step.to == channel] if type_ else []
    own = [step for step in steps if step.app == app_id] or [s for s in steps if s.app is None]
    return sorted(own, key=lambda step: step.after)


def _sources(
    rows: Sequence[Claimed],
) -> Iterable[tuple[Claimed, list[Fallback], list[list[Source]]]]:
    """Each row with its steps, and what became of the deliveries these look at."""
    steps = {row.id: steps_to(row.type_id, row.channel, row.app_id) for row in rows}
    channels = {step.source for found in steps.values() for step in found}
    points = _points({row.recipient_id for row in rows}, channels)
    ids = {
        (row.id, step.source): _ids(row, step.source, points)
        for row in rows
        for step in steps[row.id]
    }
    with connection.cursor() as cursor:
        wanted = array(sorted({id_ for found in ids.values() for id_ in found}))
        cursor.execute(
            SOURCES.format(leaf=sql.Identifier(partition_of("delivery", rows[0].id))), [wanted]
        )
        known = {id_: (state, outcome) for id_, state, outcome in cursor.fetchall()}
    for row in rows:
        seen = [
            [known[id_] for id_ in ids[row.id, step.source] if id_ in known]
            for step in steps[row.id]
        ]
        yield row, steps[row.id], seen


def _points(recipients: set[int], channels: set[str]) -> dict[tuple[int, str], list[object]]:
    """Live and dead ones, but for apps that are apart; the inbox, and whoever has no address,
    count as one without an id."""
    found: dict[tuple[int, str], list[object]] = {
        (recipient, channel): [""] for recipient in recipients for channel in channels
    }
    addressed, apart = sorted(channels - {Channel.INBOX.value}), array(catalogue.get().apart)
    with connection.cursor() as cursor:
        cursor.execute(POINTS, [array(recipients), addressed, apart])
        for recipient, channel, id_ in cursor.fetchall():
            found[recipient, channel].append(id_)
    return found


def _ids(row: Claimed, source: str, points: dict[tuple[int, str], list[object]]) -> list[str]:
    """Ids are made of what a delivery is, so they can be computed; and the one it waits for."""
    at, parent = milliseconds_in(row.id), row.notification_id
    return [
        delivery_id(at, parent, row.recipient_id, source, point)
        for point in points[row.recipient_id, source]
    ]
