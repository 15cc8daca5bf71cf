"""What answers say of the accounts themselves, at once: held, in use again, or resting."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence

from channels.accounts import rate_limit as rates
from channels.accounts.health import doubt, heal, hold
from channels.answers import retry_after
from channels.base import HttpResponse, OutcomeKind
from notifications.record.outcomes import Finished
from notifications.record.tallies import TAKEN

log = logging.getLogger(__name__)

ENOUGH = 3  # refusals: fewer may be about single devices


def judge_accounts(tries: Sequence[Finished]) -> None:
    """Once an account, however many answers say the same. What cannot be written now will be
    said again by the next answers."""
    refused = {
        done.account_id: done
        for done in tries
        if done.outcome.kind == OutcomeKind.MISCONFIGURED and done.account_id > 0
    }
    doubted = {done.account_id: done.outcome for done in tries if done.outcome.peer_refused}
    proven = {done.account_id for done in tries if done.probe and done.outcome.kind in TAKEN}
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
