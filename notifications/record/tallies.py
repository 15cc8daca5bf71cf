"""What a flush saw of each account: how many of its sends did well, and what they cost."""

from collections.abc import Iterable

from channels.accounts.health import Tally
from channels.base import HttpResponse, OutcomeKind, SmtpReply
from notifications.record.outcomes import Finished

BILLED = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED, OutcomeKind.UNCERTAIN})
TAKEN = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED})
NO_ANSWER = frozenset({OutcomeKind.RETRY, OutcomeKind.THROTTLED, OutcomeKind.UNCERTAIN})
TROUBLE = frozenset({OutcomeKind.RETRY, OutcomeKind.UNCERTAIN})


def cost(done: Finished) -> int:
    """In millionths; what may have been taken may be billed."""
    return done.cost_micros if done.outcome.kind in BILLED else 0


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
        tally[COST] += cost(done)
    return {account_id: Tally(*tally) for account_id, tally in seen.items() if any(tally)}


OK, FAILED, THROTTLED = (Tally._fields.index(name) for name in ("ok", "failed", "throttled"))
DEAD, BUSY_MS, COST = (Tally._fields.index(name) for name in ("dead", "busy_ms", "cost_micros"))


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
