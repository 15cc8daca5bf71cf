"""Stored callbacks into what became of each message: every second, by the batch, in a lane of its
own. A batch is one transaction, so whoever is killed in between has done nothing.
"""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from time import monotonic

from django.db import InterfaceError, OperationalError, connection, transaction

from channels.base import EventKind
from notifications.callbacks.fold import apply, confirm, effects, events, replays
from notifications.callbacks.fold.announce import announce
from notifications.callbacks.fold.mail_unsubscribe import withdrawn
from notifications.callbacks.fold.parse import Told, known_days, read
from notifications.callbacks.fold.transitions import Row, Verdict, is_early
from notifications.callbacks.receive import store
from notifications.segments.models import Reaction
from notifications.segments.people import activity
from notifications.variables import wipe

log = logging.getLogger(__name__)

REACTIONS = {
    EventKind.OPENED: Reaction.Kind.OPENED.value,
    EventKind.CLICKED: Reaction.Kind.CLICKED.value,
}

BATCH = 500  # callbacks; one of SendGrid holds up to a thousand events
MOST_BYTES = 4 * 1024 * 1024
LONGEST = 10.0  # seconds; then the next tick goes on
EARLY = 2.0  # seconds until a try is written down for sure
MOST_TRIES = 20  # of one that is early: by then the lease of its delivery is over

_busy = threading.Lock()  # one folder a process: threads would only wait for each other


def fold_due() -> None:
    """All that is due. A batch that cannot be folded is folded one by one."""
    if not _busy.acquire(blocking=False):
        return
    try:
        give_up = monotonic() + LONGEST
        while monotonic() < give_up and _fold_batch():
            pass
    finally:
        _busy.release()


def _fold_batch() -> bool:
    """Whether there may be more."""
    ids: list[int] = []
    try:
        with transaction.atomic():
            ids, more = store.take(BATCH, MOST_BYTES)
            verdicts, asked = _fold(ids)
    except (OperationalError, InterfaceError) as error:
        log.warning("callbacks are folded again", extra={"error": type(error).__name__})
        connection.close_if_unusable_or_obsolete()
        return False
    except Exception as error:
        log.error("a batch of callbacks broke", extra={"error": type(error).__name__})
        known_days.forget()
        _fold_apart(ids)
        return False
    confirm.confirm(asked)
    _wipe(verdicts)
    return more


def _fold_apart(ids: Sequence[int]) -> None:
    """One of them breaks the batch, and must not keep the others."""
    for id_ in ids:
        try:
            with transaction.atomic():
                verdicts, asked = _fold([id_])
        except (OperationalError, InterfaceError):
            return  # all that is left is due again
        except Exception:
            log.exception("a callback cannot be folded", extra={"callback_id": id_})
            store.park([id_])
            continue
        confirm.confirm(asked)
        _wipe(verdicts)


def _fold(ids: Sequence[int]) -> tuple[list[Verdict], list[confirm.Asked]]:
    """In the caller's transaction. What has to be asked of providers is asked after it."""
    if not ids:
        return [], []
    rows = store.read(ids)
    asked = confirm.asked(rows)
    replayed = replays.find(rows)
    told, unreadable = read([row for row in rows if row.id not in replayed])
    told += withdrawn(rows)
    locked = apply.lock(told)
    tries = {row.id: row.tries for row in rows}
    early = {
        (one.id, one.key)
        for one in told
        if tries[one.callback_id] < MOST_TRIES and _is_early(one, locked)
    }
    verdicts = record([one for one in told if (one.id, one.key) not in early], locked)
    later = {one.callback_id for one in told if (one.id, one.key) in early}
    store.park(unreadable)
    store.postpone(sorted(later), EARLY)
    store.postpone([one.id for one in asked], confirm.AGAIN)
    kept = later | set(unreadable) | {one.id for one in asked}
    store.delete([id_ for id_ in ids if id_ not in kept])
    return verdicts, asked


def record(told: Sequence[Told], locked: apply.Locked | None = None) -> list[Verdict]:
    """Events into the timeline, and those that are new into states, outcomes and addresses; in
    the caller's transaction. Returns what changed: `wipe` is to follow the commit."""
    locked = locked or apply.lock(told)
    new = events.add(told)
    verdicts = apply.settle(new, locked)
    effects.apply(new, locked.rows)
    announce(new, verdicts, locked.rows)
    activity.note(_reactions(new, locked.rows))
    return verdicts


def _reactions(told: Sequence[Told], rows: Mapping[str, Row]) -> Iterator[activity.Reacted]:
    """What people did themselves, by the day on which they did it."""
    for one in told:
        kind, row = REACTIONS.get(one.event.kind), rows.get(one.id)
        if kind and row and row.recipient_id is not None and not one.event.is_bot:
            day = min(one.at, one.received_at).astimezone(UTC).date()
            yield activity.Reacted(
                recipient_id=row.recipient_id,
                kind=kind,
                day=day,
                type_id=row.type_id,
                arm_id=row.arm_id,
            )


def _is_early(told: Told, locked: apply.Locked) -> bool:
    row = locked.rows.get(told.id)
    return row is not None and is_early(row, told, locked.tries.get(told.id, {}))


def _wipe(verdicts: Sequence[Verdict]) -> None:
    wipe((one.row.notification_id, one.row.type_id) for one in verdicts if one.is_move)
