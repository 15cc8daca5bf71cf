"""The recorder: a thread with a connection of its own that writes what was finished.

Every 200 ms, in one transaction; through deadlocks and reconnects, until the leases end. What it
could not write by then is sent again by whoever claims the rows next. Before each write it judges
the accounts: which are held, in use again, or resting.
"""

import logging
import os
import random
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from channels.accounts import rate_limit as rates
from channels.accounts.health import doubt, heal, hold
from channels.answers import retry_after
from channels.base import HttpResponse, OutcomeKind
from notifications.dispatch import dispatch
from notifications.dispatch.claim import LEASE_SECONDS
from notifications.record import write as recording
from notifications.record.outcomes import Change, Finished, consequence
from notifyproj.core.batch_writer import BatchWriter
from notifyproj.core.clock import now as clock_now

log = logging.getLogger(__name__)

EVERY = 0.2  # seconds
BATCH = 2_000  # changes in one transaction
MOST_UNWRITTEN = 2_000  # above it nothing new is claimed: what was sent and is not written is
# sent again after a crash, or when its lease ends before its turn comes
PAUSE = 0.5  # seconds after a failed write
ENOUGH = 3  # refusals of a whole account: fewer may be about single devices


class Recorder(BatchWriter[Finished | Change, Change]):
    """What is `put` is written with its consequence. After the leases the rows belong to others."""

    def __init__(self) -> None:
        super().__init__(
            name="recorder",
            prepare=self._changes,
            write=_write,
            id_of=lambda change: change.row.id,
            every=EVERY,
            batch=BATCH,
            pause=PAUSE,
            patience=LEASE_SECONDS,
        )
        self._rng = random.Random()  # noqa: S311 - jitter

    def wait_until_written(self, timeout: float) -> bool:
        """Wait until the writing keeps up with what comes; False after `timeout` seconds."""
        return self.wait_below(MOST_UNWRITTEN, timeout)

    def _changes(self, items: Sequence[Finished | Change]) -> list[Change]:
        now = clock_now()
        judge_accounts([item for item in items if isinstance(item, Finished)])
        changes = [self._change(item, now) for item in items]
        return [change for change in changes if change is not None]

    def _change(self, item: Finished | Change, now: datetime) -> Change | None:
        """None for one that breaks us: its lease runs out, the others are written."""
        try:
            return consequence(item, now, self._rng) if isinstance(item, Finished) else item
        except Exception:
            log.exception("no consequence", extra={"delivery_id": item.row.id})
            return None


def _write(changes: Sequence[Change]) -> None:
    """What is due again at once is published: what goes wrong there, the sweep makes good."""
    at_once = recording.write(changes)
    try:
        dispatch.publish(at_once)
    except Exception:
        log.exception("not published", extra={"deliveries": len(at_once)})


def judge_accounts(tries: Sequence[Finished]) -> None:
    """Once an account, however many answers say the same. What cannot be written now will be
    said again by the next answers."""
    refused = {
        done.account_id: done
        for done in tries
        if done.outcome.kind == OutcomeKind.MISCONFIGURED and done.account_id > 0
    }
    doubted = {done.account_id: done.outcome for done in tries if done.outcome.peer_refused}
    proven = {done.account_id for done in tries if done.probe and done.is_taken}
    try:
        for account_id, done in refused.items():
            hold(account_id, done.outcome.reason, began=done.started_at)
        for account_id, outcome in doubted.items():
            doubt(account_id, outcome.reason, outcome.code)
        for account_id in proven - refused.keys():
            heal(account_id)
        for account_id, seconds in rests(tries).items():
            rates.pause(account_id, seconds)
    except Exception:  # the recorder must go on
        log.exception("accounts not judged", extra={"accounts": sorted({*refused, *proven})})


def rests(tries: Iterable[Finished]) -> dict[int, float]:
    """Seconds for accounts whose provider refused most of a flush as too fast and named a time
    itself; what an adapter supposes is for the message, or nothing would show what is taken."""
    asked: dict[int, list[float]] = {}
    others: Counter[int] = Counter()
    for done in tries:
        if done.outcome.kind == OutcomeKind.THROTTLED and (seconds := _named(done)):
            asked.setdefault(done.account_id, []).append(seconds)
        else:
            others[done.account_id] += 1
    return {
        account_id: min(times)
        for account_id, times in asked.items()
        if account_id > 0 and len(times) >= max(ENOUGH, others[account_id] + 1)
    }


def _named(done: Finished) -> float | None:
    return retry_after(done.result.headers) if isinstance(done.result, HttpResponse) else None


_lock = threading.Lock()
_recorder: Recorder | None = None


def recorder() -> Recorder:
    """The one of this process, made on first use."""
    global _recorder
    with _lock:
        if _recorder is None:
            _recorder = Recorder()
        return _recorder


def forget() -> None:
    """Begin anew, as a forked child does."""
    global _lock, _recorder
    _lock, _recorder = threading.Lock(), None


os.register_at_fork(after_in_child=forget)
