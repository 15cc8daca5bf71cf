"""What an outcome means for its delivery: one consequence each. Pure; `recorder.py` writes it."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from channels.base import (
    NOT_STARTED,
    Channel,
    HttpResponse,
    Lane,
    Outcome,
    OutcomeKind,
    Response,
    SmtpReply,
    TransportFailure,
)
from notifications import backoff
from notifications.dispatch.claim import Claimed
from notifications.holders import by_account, by_notification
from notifications.statuses import ProviderOutcome, State

TAKEN = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED})
BILLED = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED, OutcomeKind.UNCERTAIN})
RECEIPT_WAIT = timedelta(hours=24)
EXCERPT = 300  # characters of an answer kept for operators
FOREVER = datetime.max.replace(tzinfo=UTC)  # written as 'infinity'


class Finished(Struct, frozen=True, gc=False):
    """An attempt that came to an end, with or without an answer."""

    row: Claimed
    account_id: int
    outcome: Outcome
    result: Response | TransportFailure | None
    started_at: datetime
    duration: float  # seconds
    resend_uncertain: bool = False
    has_alternative: bool = False  # another healthy account could take the next attempt
    units: int = 1  # what the provider bills for: parts of an SMS
    cost_micros: int = 0  # if it was taken
    probe: bool = False  # its account was out of use: this shows whether it works again
    foreign: bool = False  # a server of somebody else's, whose failures say nothing of the account

    @property
    def is_taken(self) -> bool:
        return self.outcome.kind in TAKEN

    @property
    def cost(self) -> int:
        """In millionths; what may have been taken may be billed."""
        return self.cost_micros if self.outcome.kind in BILLED else 0


class Change(Struct, frozen=True, gc=False):
    """What is written to a leased delivery. `settled` states have no `due_at`."""

    row: Claimed
    state: State
    reason: str = ""
    due_at: datetime | None = None
    attempts: int = 0  # to add
    outcome: ProviderOutcome = ProviderOutcome.NONE
    account_id: int | None = None
    held_by: str | None = None
    finished: Finished | None = None  # None when nothing was tried


def consequence(done: Finished, now: datetime, rng: random.Random) -> Change:
    """The one consequence of an outcome."""
    if done.result is NOT_STARTED:
        return Change(done.row, State.WAITING, done.row.reason, due_at=now)
    return CONSEQUENCES[done.outcome.kind](done, now, rng)


def _accepted(done: Finished, now: datetime, rng: random.Random) -> Change:
    return _final(done, State.SENT, "", ProviderOutcome.SENT)


def _delivered(done: Finished, now: datetime, rng: random.Random) -> Change:
    return _final(done, State.SENT, "", ProviderOutcome.DELIVERED)


def _retry(done: Finished, now: datetime, rng: random.Random) -> Change:
    if _at_once(done):
        return _again(done, now, 0.0, kept(done.row, "retry"), attempts=1)
    after = None if done.has_alternative else done.outcome.after
    row = done.row
    delay = backoff.next_delay(row.attempts + 1, Lane(row.lane), rng, after, channel=row.channel)
    if delay is None:
        return _final(done, State.FAILED, "attempts_exhausted")
    return _again(done, now, delay, kept(done.row, "retry"), attempts=1)


def _throttled(done: Finished, now: datetime, rng: random.Random) -> Change:
    after = None if done.has_alternative else done.outcome.after
    delay = 0.0 if _at_once(done) else backoff.throttle_delay(rng, after)
    return _again(done, now, delay, kept(done.row, "throttled"), attempts=0)


def _bad_recipient(done: Finished, now: datetime, rng: random.Random) -> Change:
    return _final(done, State.FAILED, done.outcome.code or "bad_recipient")


def _rejected(done: Finished, now: datetime, rng: random.Random) -> Change:
    return _final(done, State.FAILED, done.outcome.code or "rejected")


def _misconfigured(done: Finished, now: datetime, rng: random.Random) -> Change:
    """The account is suspended (by the recorder); the message goes another way or waits for it."""
    if done.has_alternative:
        return _again(done, now, 0, kept(done.row, "retry"), attempts=0)
    if done.account_id <= 0:  # nobody's account: nothing to wait for
        return _retry(done, now, rng)
    return Change(
        done.row,
        State.WAITING,
        kept(done.row, "account_held"),
        due_at=FOREVER,
        account_id=done.account_id,
        held_by=by_account(done.account_id),
        finished=done,
    )


def _uncertain(done: Finished, now: datetime, rng: random.Random) -> Change:
    """Maybe sent: once more at most, or wait for a receipt, as the type says."""
    if not done.resend_uncertain:
        until = min(now + RECEIPT_WAIT, done.row.expires_at)
        return Change(
            done.row,
            State.AWAITING,
            "awaiting_receipt",
            due_at=until,
            attempts=1,
            account_id=done.account_id,
            finished=done,
        )
    if done.row.reason == "resend":
        return _final(done, State.UNCERTAIN, "no_answer")
    delay = None if _at_once(done) else backoff.next_delay(1, Lane(done.row.lane), rng)
    return _again(done, now, delay or 0.0, "resend", attempts=1)


CONSEQUENCES: dict[OutcomeKind, Callable[[Finished, datetime, random.Random], Change]] = {
    OutcomeKind.ACCEPTED: _accepted,
    OutcomeKind.DELIVERED: _delivered,
    OutcomeKind.RETRY: _retry,
    OutcomeKind.THROTTLED: _throttled,
    OutcomeKind.BAD_RECIPIENT: _bad_recipient,
    OutcomeKind.REJECTED: _rejected,
    OutcomeKind.MISCONFIGURED: _misconfigured,
    OutcomeKind.UNCERTAIN: _uncertain,
}


def _at_once(done: Finished) -> bool:
    """Through another account, for what is urgent or was a probe. The first time only: two
    accounts that fail would use up all attempts in a moment."""
    first = done.row.attempts == 0 and done.row.reason != "throttled"
    return first and done.has_alternative and (done.probe or done.row.lane == Lane.URGENT)


def on_hold(row: Claimed) -> Change:
    """Its notification is paused: it waits until somebody goes on with that."""
    held_by = by_notification(row.notification_id)
    return Change(row, State.WAITING, kept(row, "on_hold"), due_at=FOREVER, held_by=held_by)


def kept(row: Claimed, reason: str) -> str:
    """A row that was sent once more on suspicion stays marked: it is done at most once."""
    return "resend" if row.reason == "resend" else reason


def _final(
    done: Finished,
    state: State,
    reason: str,
    outcome: ProviderOutcome = ProviderOutcome.NONE,
) -> Change:
    return Change(
        done.row,
        state,
        reason[:64],
        attempts=1,
        outcome=outcome,
        account_id=done.account_id,
        finished=done,
    )


def _again(done: Finished, now: datetime, delay: float, reason: str, *, attempts: int) -> Change:
    """Back to waiting; or expired, when the next attempt would come too late."""
    due_at = now + timedelta(seconds=delay)
    late = due_at >= done.row.expires_at
    return Change(
        done.row,
        State.EXPIRED if late else State.WAITING,
        "expired" if late else reason,
        due_at=None if late else due_at,
        attempts=attempts,
        account_id=done.account_id,
        finished=done,
    )


def excerpt(
    result: Response | TransportFailure | None, channel: str = ""
) -> tuple[int | None, str]:
    """(status, what was answered) for operators, of bounded size. A webhook's also when it was
    taken: its owner may ask what their endpoint said."""
    match result:
        case HttpResponse(status, _, body):
            told = status >= 300 or channel == Channel.WEBHOOK
            text = body[: EXCERPT * 4].decode("utf-8", "replace") if told else ""
            return status, _printable(text)
        case SmtpReply(code, text):
            return code, _printable(text)
        case TransportFailure(reason=reason):
            return None, _printable(reason)
    return None, ""


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:EXCERPT])
