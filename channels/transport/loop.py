"""THE network I/O of a worker: one event loop in a thread of its own, and what speaks over it.

A task submits a batch and goes on; each result comes back through `done`, on the loop's thread.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import uvloop

from channels.base import (
    Account,
    HttpRequest,
    Outcome,
    SmtpSend,
    TransportFailure,
    failure_outcome,
)
from channels.protocols import Adapter
from channels.transport.batch_send import TOO_LATE
from channels.transport.in_flight import Gauge
from channels.transport.sender import Result as Result
from channels.transport.sender import Sender

logger = logging.getLogger(__name__)

MAX_IN_FLIGHT = 2_000  # sends of one process

# (key, account, adapter, request, deadline): the key is the caller's; no send starts after the
# deadline, in `time.monotonic()`.
Job = tuple[Any, Account, Adapter, HttpRequest | SmtpSend, float]
# (key, outcome, result): result is the answer, or why there is none; None when the outcome was
# known before the message itself was sent (a refused token, a request that cannot be formed).
Done = Callable[[Any, Outcome, Result], None]


class Transport:
    """All methods may be called from any thread. The thread starts with the first batch."""

    def __init__(self, limit: int = MAX_IN_FLIGHT) -> None:
        self._gauge = Gauge(limit, max(limit // 2, 1))
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[None] | None] = set()
        self._sender = Sender()

    @property
    def accepting(self) -> bool:
        return self._sender.accepting

    def submit(self, jobs: Sequence[Job], done: Done) -> None:
        """Send all of `jobs`; returns at once. `done` is called exactly once for each, on the
        loop's thread: it must be quick. Caps are the caller's business, see `room`.

        A job that is too late, or comes after `drain`, is done with the result NOT_STARTED.
        """
        self._gauge.enter((job[1].id, endpoint_of(job[3])) for job in jobs)
        self._running_loop().call_soon_threadsafe(self._start, jobs, done)

    def submit_together(self, jobs: Sequence[Job], request: HttpRequest, done: Done) -> None:
        """The same, with one `request` for all of `jobs`, which are of one account whose adapter
        is WithBatch. Where the provider refuses it as a whole, each job's own request."""
        self._gauge.enter((job[1].id, endpoint_of(job[3])) for job in jobs)
        self._running_loop().call_soon_threadsafe(self._start_together, jobs, request, done)

    def in_flight(self) -> int:
        return self._gauge.total()

    def room(self, account_id: int, of_request: int = 1) -> int:
        """How many more sends this account may submit now, up to `of_request` in one request:
        fewer where its peer has as much as it answers soon."""
        free, requests = self._gauge.room(account_id), self._sender.clients.flows.room(account_id)
        return free if requests is None else min(free, requests * of_request)

    def pace(self, account_id: int) -> float | None:
        """Requests a second that a slow peer takes; None for one that could take more."""
        return self._sender.clients.flows.pace(account_id)

    def room_at(self, endpoint: str) -> int:
        """How many more sends to this endpoint may be submitted now."""
        return self._gauge.room_at(endpoint)

    def pace_at(self, endpoint: str) -> float:
        """How many sends a second the endpoint completes; 0.0 for an unknown one."""
        return self._gauge.pace_at(endpoint)

    def wait_for_room(self, timeout: float, at_least: int = 1) -> bool:
        """Wait until the process may submit `at_least` more; False after `timeout` seconds."""
        return self._gauge.wait_for_room(timeout, at_least)

    def drain(self, timeout: float) -> bool:
        """Start nothing more; wait for what is in flight. True when all of it is done."""
        self._sender.accepting = False
        return self._gauge.wait_until_empty(timeout)

    def stop(self) -> None:
        """End the thread. What is still in flight is never done: its lease runs out."""
        self._sender.accepting = False
        loop, thread = self._loop, self._thread
        if loop is None or thread is None or not thread.is_alive():
            return
        loop.call_soon_threadsafe(self._sender.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(2.0)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                # Not asyncio's own: it wakes itself by a system call for every single answer,
                # which doubles the CPU of a request (150 µs to 65, 2026-11).
                self._loop = uvloop.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="transport", daemon=True
                )
                self._thread.start()
            return self._loop

    def _start(self, jobs: Sequence[Job], done: Done) -> None:
        create, tasks = asyncio.get_running_loop().create_task, self._tasks
        for job in jobs:
            tasks.add(create(self._run(job, done)))  # a loop holds its tasks weakly

    def _start_together(self, jobs: Sequence[Job], request: HttpRequest, done: Done) -> None:
        running = asyncio.get_running_loop().create_task(self._run_together(jobs, request, done))
        self._tasks.add(running)

    async def _run_together(self, jobs: Sequence[Job], request: HttpRequest, done: Done) -> None:
        _, account, adapter, _, deadline = jobs[0]
        try:
            outcomes, result = await self._sender.perform_together(
                account, adapter, request, deadline, len(jobs)
            )
        except Exception:
            logger.exception("A batch broke", extra={"account": account.slug})
            result = TransportFailure(sent=True, reason="internal error")
            outcomes = [failure_outcome(result)] * len(jobs)
        if outcomes is None and self._sender.too_late(deadline):
            outcomes = [TOO_LATE] * len(jobs)
        if outcomes is None:
            self._start(jobs, done)
        else:
            for job, outcome in zip(jobs, outcomes, strict=True):
                self._finish(job, outcome, result, done)
        self._tasks.discard(asyncio.current_task())

    async def _run(self, job: Job, done: Done) -> None:
        _, account, adapter, request, deadline = job
        result: Result
        try:
            outcome, result = await self._sender.perform(account, adapter, request, deadline)
        except Exception:
            logger.exception("A send broke", extra={"account": account.slug})
            result = TransportFailure(sent=True, reason="internal error")
            outcome = failure_outcome(result)
        self._finish(job, outcome, result, done)
        self._tasks.discard(asyncio.current_task())

    def _finish(self, job: Job, outcome: Outcome, result: Result, done: Done) -> None:
        key, account, _, request, _ = job
        try:
            done(key, outcome, result)
        except Exception:
            logger.exception("A result was lost", extra={"account": account.slug})
        finally:
            self._gauge.leave(account.id, endpoint_of(request))


def endpoint_of(request: object) -> str:
    """Whose server it is for, where an account reaches many; "" otherwise."""
    endpoint: str = getattr(request, "endpoint", "")
    return endpoint


_lock = threading.Lock()
_transport: Transport | None = None


def transport() -> Transport:
    """This process's transport. Nothing of it crosses a fork."""
    global _transport
    with _lock:
        if _transport is None:
            _transport = Transport()
        return _transport


def forget() -> None:
    """Starts over without a transport, as a forked child does."""
    global _lock, _transport
    _lock = threading.Lock()
    _transport = None


os.register_at_fork(after_in_child=forget)
