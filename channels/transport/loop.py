"""THE network I/O of a worker: one event loop in a thread of its own, and what speaks over it.

A task submits a batch and goes on; each result comes back through `done`, on the loop's thread.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, cast

import uvloop

from channels.base import (
    NOT_STARTED,
    Account,
    HttpRequest,
    HttpResponse,
    Outcome,
    OutcomeKind,
    Response,
    SmtpSend,
    TransportFailure,
    failure_outcome,
)
from channels.protocols import Adapter, WithBatch
from channels.transport.batch_send import TOO_LATE, Settled, SingleSenders, settle
from channels.transport.bearer_tokens import Tokens
from channels.transport.dns import Names, look_up
from channels.transport.endpoints import vetted_addresses
from channels.transport.guarded import UNKNOWN as UNKNOWN_HOST
from channels.transport.http_clients import Clients
from channels.transport.http_exchange import Answer
from channels.transport.in_flight import Gauge
from channels.transport.look_up import LookUp, SecondTry
from channels.transport.smtp import SmtpPool

logger = logging.getLogger(__name__)

MAX_IN_FLIGHT = 2_000  # sends of one process

Result = Response | TransportFailure | None
# (key, account, adapter, request, deadline): the key is the caller's; no send starts after the
# deadline, in `time.monotonic()`.
Job = tuple[Any, Account, Adapter, HttpRequest | SmtpSend, float]
# (key, outcome, result): result is the answer, or why there is none; None when the outcome was
# known before the message itself was sent (a refused token, a request that cannot be formed).
Done = Callable[[Any, Outcome, Result], None]


class Transport:
    """All methods may be called from any thread. The thread starts with the first batch."""

    def __init__(self, limit: int = MAX_IN_FLIGHT) -> None:
        self.accepting = True
        self._gauge = Gauge(limit, max(limit // 2, 1))
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[None] | None] = set()
        self._clients = Clients()
        self._tokens = Tokens(self._fetch_token)
        self._smtp = SmtpPool(self._clients.flows)
        self._singles = SingleSenders()
        self._names = Names(look_up)

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
        free, requests = self._gauge.room(account_id), self._clients.flows.room(account_id)
        return free if requests is None else min(free, requests * of_request)

    def pace(self, account_id: int) -> float | None:
        """Requests a second that a slow peer takes; None for one that could take more."""
        return self._clients.flows.pace(account_id)

    def room_at(self, endpoint: str) -> int:
        """How many more sends to this endpoint may be submitted now."""
        return self._gauge.room_at(endpoint)

    def pace_at(self, endpoint: str) -> float:
        """How many sends a second the endpoint answers; 0.0 for one nobody knows."""
        return self._gauge.pace_at(endpoint)

    def wait_for_room(self, timeout: float, at_least: int = 1) -> bool:
        """Wait until the process may submit `at_least` more; False after `timeout` seconds."""
        return self._gauge.wait_for_room(timeout, at_least)

    def drain(self, timeout: float) -> bool:
        """Start nothing more; wait for what is in flight. True when all of it is done."""
        self.accepting = False
        return self._gauge.wait_until_empty(timeout)

    def stop(self) -> None:
        """End the thread. What is still in flight is never done: its lease runs out."""
        self.accepting = False
        loop, thread = self._loop, self._thread
        if loop is None or thread is None or not thread.is_alive():
            return
        loop.call_soon_threadsafe(self._smtp.close)
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
        try:
            outcomes, result = await self._perform_together(jobs, request)
        except Exception:
            logger.exception("A batch broke", extra={"account": jobs[0][1].slug})
            result = TransportFailure(sent=True, reason="internal error")
            outcomes = [failure_outcome(result)] * len(jobs)
        if outcomes is None and self._too_late(jobs[0][4]):
            outcomes = [TOO_LATE] * len(jobs)
        if outcomes is None:
            self._start(jobs, done)
        else:
            for job, outcome in zip(jobs, outcomes, strict=True):
                self._finish(job, outcome, result, done)
        self._tasks.discard(asyncio.current_task())

    async def _perform_together(self, jobs: Sequence[Job], request: HttpRequest) -> Settled:
        _, account, adapter, _, deadline = jobs[0]
        if self._too_late(deadline):
            return Settled([failure_outcome(NOT_STARTED)] * len(jobs), NOT_STARTED)
        if self._singles.has(account, request):
            return Settled(None, None)
        asked = self._clients.fetch(account, request, deadline)
        settled = await settle(cast(WithBatch, adapter), len(jobs), asked)
        self._singles.note(account, request, adapter, settled)
        return settled

    async def _run(self, job: Job, done: Done) -> None:
        _, account, adapter, request, deadline = job
        result: Result
        try:
            outcome, result = await self._perform(account, adapter, request, deadline)
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

    async def _perform(
        self, account: Account, adapter: Adapter, request: HttpRequest | SmtpSend, deadline: float
    ) -> tuple[Outcome, Result]:
        if self._too_late(deadline):
            return failure_outcome(NOT_STARTED), NOT_STARTED
        if isinstance(request, SmtpSend):
            return await self._mail(account, adapter, request, deadline)
        if isinstance(request, SecondTry) and request.look_up:
            known = await self._look_up(request.look_up, deadline)
            if known is not None:
                return known
        outcome, result = await self._http(account, adapter, request, deadline)
        if outcome.repair and self._too_late(deadline):
            return failure_outcome(NOT_STARTED), NOT_STARTED  # refused unread: as good as unsent
        if outcome.repair:
            return await self._http(account, adapter, request, deadline)
        return outcome, result

    async def _mail(
        self, account: Account, adapter: Adapter, request: SmtpSend, deadline: float
    ) -> tuple[Outcome, Result]:
        try:
            addresses = await vetted_addresses(self._names, request.host)
        except (OSError, UnicodeError):
            return failure_outcome(UNKNOWN_HOST), UNKNOWN_HOST
        if isinstance(addresses, Outcome):
            return addresses, None
        reply = await self._smtp.send(account, request, deadline, addresses)
        return _outcome(adapter, reply), reply

    async def _look_up(self, first: LookUp, deadline: float) -> tuple[Outcome, Result] | None:
        """What became of the try before; None: send."""
        answer, _ = await self._clients.fetch(first.account, first.request, deadline)
        outcome = first.verdict(answer if isinstance(answer, HttpResponse) else None)
        if outcome is not None:
            return outcome, None if isinstance(answer, Outcome) else answer
        if self._too_late(deadline):
            return failure_outcome(NOT_STARTED), NOT_STARTED
        return None

    async def _http(
        self, account: Account, adapter: Adapter, request: HttpRequest, deadline: float
    ) -> tuple[Outcome, Result]:
        token = ""
        if request.needs_token:
            found = await self._tokens.get(account, adapter)
            if isinstance(found, Outcome):
                return found, None
            if self._too_late(deadline):
                return failure_outcome(NOT_STARTED), NOT_STARTED
            token = found
        answer, client = await self._clients.fetch(account, request, deadline, token)
        if isinstance(answer, Outcome):
            return answer, None
        outcome = _outcome(adapter, answer)
        if outcome.repair and token:
            self._tokens.invalidate(account, token)
        elif outcome.repair:
            self._clients.forget(client)
        return outcome, answer

    async def _fetch_token(self, account: Account, request: HttpRequest) -> Answer:
        return (await self._clients.fetch(account, request, monotonic() + request.timeout))[0]

    def _too_late(self, deadline: float) -> bool:
        return not self.accepting or monotonic() > deadline


def endpoint_of(request: object) -> str:
    """Whose server it is for, where an account reaches many; "" otherwise."""
    endpoint: str = getattr(request, "endpoint", "")
    return endpoint


def _outcome(adapter: Adapter, result: Response | TransportFailure) -> Outcome:
    if isinstance(result, TransportFailure):
        if result.sent and getattr(adapter, "REPEATABLE", False):
            return Outcome(OutcomeKind.RETRY, "The receiver did not answer", "no_answer")
        return failure_outcome(result)
    return adapter.classify(result)


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
    """Begin anew, as a forked child does."""
    global _lock, _transport
    _lock = threading.Lock()
    _transport = None


os.register_at_fork(after_in_child=forget)
