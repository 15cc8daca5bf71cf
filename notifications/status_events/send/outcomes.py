"""What an endpoint's answer means for the event: pure; `write.py` writes it."""

import random
from datetime import datetime, timedelta
from typing import NamedTuple

from channels.answers import retry_after
from channels.base import (
    NOT_STARTED,
    Channel,
    HttpResponse,
    Lane,
    Outcome,
    Response,
    TransportFailure,
)
from notifications.backoff import next_delay
from notifications.status_events.models import StatusEvent

EXCERPT = 300  # characters of an answer
GONE = 410
BUSY = frozenset({429, 502, 503, 504})  # the whole endpoint rests, not only this event
REST = 5.0  # seconds, when it does not say how long
LONGEST_REST = 3600.0


class Claimed(NamedTuple):
    """An event this process holds under `lease`."""

    id: str
    endpoint_id: int
    body: str
    attempts: int  # of the schedule, before this attempt
    tries: int  # the number of this attempt
    lease: int


class Tried(NamedTuple):
    """An attempt that came to an end. `result` None: refused before anything left."""

    row: Claimed
    outcome: Outcome
    result: Response | TransportFailure | None
    started_at: datetime
    duration: float  # seconds

    @property
    def status(self) -> int | None:
        return self.result.status if isinstance(self.result, HttpResponse) else None


class Verdict(NamedTuple):
    tried: Tried
    state: StatusEvent.State
    due_at: datetime | None
    attempts: int  # to add
    rest: float = 0.0  # seconds in which nothing else goes to this endpoint
    gone: bool = False  # the endpoint asks never to be called again

    @property
    def counts(self) -> bool:
        return self.attempts > 0

    @property
    def is_success(self) -> bool:
        return self.state == StatusEvent.State.SENT


def verdict(tried: Tried, now: datetime, rng: random.Random) -> Verdict:
    if tried.result is NOT_STARTED:
        return Verdict(tried, StatusEvent.State.WAITING, now, 0)
    status = tried.status
    if status is not None and 200 <= status < 300:
        return Verdict(tried, StatusEvent.State.SENT, None, 1)
    if status == GONE:
        return Verdict(tried, StatusEvent.State.FAILED, None, 1, gone=True)
    after = _asked_to_wait(tried)
    rest = min(after or REST, LONGEST_REST) if status in BUSY else 0.0
    delay = next_delay(tried.row.attempts + 1, Lane.NORMAL, rng, after, channel=Channel.WEBHOOK)
    if delay is None:
        return Verdict(
            tried=tried, state=StatusEvent.State.FAILED, due_at=None, attempts=1, rest=rest
        )
    due_at = now + timedelta(seconds=delay)
    return Verdict(
        tried=tried, state=StatusEvent.State.WAITING, due_at=due_at, attempts=1, rest=rest
    )


def why(tried: Tried) -> str:
    """Returns the reason of a failed attempt, for the owner of the endpoint."""
    match tried.result:
        case HttpResponse(status) if 200 <= status < 300:
            return ""
        case HttpResponse(status) if 300 <= status < 400:
            return f"Answered {status}: redirects are not followed"
        case HttpResponse(status):
            return f"Answered {status}"
        case TransportFailure(timed_out=True):
            return "Did not answer in time"
        case TransportFailure(reason=reason):
            return reason[:200]
    return tried.outcome.reason[:200]


def excerpt(tried: Tried) -> str:
    if not isinstance(tried.result, HttpResponse):
        return ""
    text = tried.result.body[: EXCERPT * 4].decode("utf-8", "replace")[:EXCERPT]
    return "".join(c if c.isprintable() else " " for c in text)


def _asked_to_wait(tried: Tried) -> float | None:
    return retry_after(tried.result.headers) if isinstance(tried.result, HttpResponse) else None
