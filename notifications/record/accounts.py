"""What a flush says of the accounts: how many of their sends did well and what they cost, and, at
once, which are held, in use again, or resting.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence

from channels.accounts import rate_limit as rates
from channels.accounts.health import Tally, doubt, heal, hold
from channels.answers import retry_after
from channels.base import HttpResponse, OutcomeKind, SmtpReply
from notifications.record.outcomes import Finished

log = logging.getLogger(__name__)
OK, FAILED, THROTTLED = (Tally._fields.index(name) for name in ("ok", "failed", "throttled"))
DEAD, BUSY_MS, COST = (Tally._fields.index(name) for name in ("dead", "busy_ms", "cost_micros"))
NO_ANSWER = frozenset({OutcomeKind.RETRY, OutcomeKind.THROTTLED, OutcomeKind.UNCERTAIN})
TROUBLE = frozenset({OutcomeKind.RETRY, OutcomeKind.UNCERTAIN})
ENOUGH = 3  # refusals: fewer may be about single devices


def tallies(tries: Iterable[Finished]) -> dict[int, Tally]:
    """By account; our own channels have none (ids from 0 down), and what never left for the
    provider says nothing of it."""
    seen: dict[int, list[int]] = {}
    for done in tries:
        if done.account_id <= 0 or not _asked(done):
            continue
        tally = seen.setdefault(done.account_id, [0] * len(Tally._fields))
        if (place := _place(done)) is not None:
            tally[place] += 1
            tally[BUSY_MS] += int(done.duration * 1000)
        tally[DEAD] += done.outcome.kind == OutcomeKind.BAD_RECIPIENT
        tally[COST] += done.cost
    return {account_id: Tally(*tally) for account_id, tally in seen.items() if any(tally)}


def _place(done: Finished) -> int | None:
    """None for the trouble of a server that is not the account's own."""
    if done.outcome.kind == OutcomeKind.THROTTLED:
        return None if done.foreign else THROTTLED
    if done.outcome.kind in TROUBLE and not _answered(done):
        return None if done.foreign else FAILED
    return OK


def _answered(done: Finished) -> bool:
    """By a provider that is well: "not now" about a single request or mailbox is an answer."""
    match done.result:
        case HttpResponse(status=status):
            return 400 <= status < 500
        case SmtpReply(command=command):
            return command == "RCPT"
    return False


def _asked(done: Finished) -> bool:
    return done.result is not None or done.outcome.kind in NO_ANSWER


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
