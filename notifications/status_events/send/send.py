"""Claim what is due, let go of the database, sign, submit to the process's loop, return.

Started by Beat every second on the `status_events` queue: a tick that is lost loses nothing.
"""

import os
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast

from channels import standard_webhooks
from channels.base import (
    NOT_STARTED,
    Account,
    Channel,
    HttpRequest,
    HttpResponse,
    Outcome,
    OutcomeKind,
    Response,
    TransportFailure,
)
from channels.protocols import Adapter
from channels.transport.loop import Job, transport
from notifications.status_events.send.claim import Target, claim, endpoints_due, targets
from notifications.status_events.send.outcomes import Claimed, Tried
from notifications.status_events.send.pace import Pace
from notifications.status_events.send.recorder import Recorder
from notifyproj.core.clock import now as clock_now

BEAT = 0.9  # seconds a tick goes on for
LOOK = 0.05  # seconds between two looks for what is due
START_WITHIN = 5.0  # seconds after its claim
TIMEOUT = 15.0
UNREADABLE = Outcome(OutcomeKind.RETRY, "The endpoint's secret cannot be read", "undecryptable")
OURS = Account(
    id=-3,  # nobody's account: its broken endpoints are not a provider's illness
    slug="status-events",
    kind="status_events",
    channel=Channel.WEBHOOK,
    app_id=None,
    endpoint="",
    credentials={},
    settings={},
)


class _Answers:
    """What the transport asks of an adapter here; `verdicts` reads the answer itself."""

    @staticmethod
    def classify(response: HttpResponse) -> Outcome:
        return Outcome(OutcomeKind.ACCEPTED)


ANSWERS = cast(Adapter, _Answers)


class Leaving(NamedTuple):
    row: Claimed
    target: Target
    deadline: float  # monotonic


class _Process:
    """Made after the fork, like the transport."""

    def __init__(self) -> None:
        self.pace: Pace[Leaving] = Pace()
        self.recorder = Recorder()


_lock = threading.Lock()
_process: _Process | None = None


def send_due() -> None:
    """Until a second is over or nothing is due."""
    until = time.monotonic() + BEAT
    while time.monotonic() < until and transport().accepting:
        if not send_some() and not process().pace.total():
            return
        time.sleep(LOOK)


def send_some() -> int:
    """One round; returns how many events were taken."""
    due = endpoints_due()
    rooms = process().pace.rooms(due) if due else {}
    if not rooms:
        return 0
    deadline = time.monotonic() + START_WITHIN
    rows = claim(rooms)
    where = targets(sorted({row.endpoint_id for row in rows}), clock_now())
    _submit(rows, where, deadline)
    return len(rows)


def drain(timeout: float) -> bool:
    """Write down what came back. The transport is drained before."""
    return process().recorder.stop(timeout)


def process() -> _Process:
    global _process
    with _lock:
        if _process is None:
            _process = _Process()
        return _process


def forget() -> None:
    """Begin anew, as a forked child does."""
    global _lock, _process
    _lock, _process = threading.Lock(), None


def _submit(rows: Sequence[Claimed], where: dict[int, Target], deadline: float) -> None:
    now = []
    for row in rows:
        target = where.get(row.endpoint_id)
        if target is None:
            process().recorder.put(
                Tried(
                    row=row, outcome=UNREADABLE, result=None, started_at=clock_now(), duration=0.0
                )
            )
        elif process().pace.enter(row.endpoint_id, item := Leaving(row, target, deadline)):
            now.append(item)
    _start(now)


def _start(items: Sequence[Leaving]) -> None:
    now, started = clock_now(), time.monotonic()
    jobs: list[Job] = [
        ((row, now, started), OURS, ANSWERS, request(row, target, now), deadline)
        for row, target, deadline in items
    ]
    if jobs:
        transport().submit(jobs, _done)


def request(row: Claimed, target: Target, now: datetime) -> HttpRequest:
    """Signed anew for each attempt, over the same bytes."""
    body = row.body.encode()
    return HttpRequest(
        "POST",
        target.url,
        standard_webhooks.headers(target.secrets, row.id, int(now.timestamp()), body),
        body,
        timeout=TIMEOUT,
        guarded=True,
        endpoint=f"status:{target.endpoint_id}",
    )


def _done(
    key: tuple[Claimed, datetime, float],
    outcome: Outcome,
    result: Response | TransportFailure | None,
) -> None:
    """On the loop's thread: pass it on, and start the next to the same endpoint."""
    row, started_at, started = key
    took = time.monotonic() - started
    process().recorder.put(
        Tried(row=row, outcome=outcome, result=result, started_at=started_at, duration=took)
    )
    asked = result is not None and result is not NOT_STARTED
    following = process().pace.leave(row.endpoint_id, took if asked else None)
    if following is not None:
        _start([following])


os.register_at_fork(after_in_child=forget)
