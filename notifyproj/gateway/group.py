"""Requests that wait at the same time are given to a route together, so that one transaction and
one commit serve them all. Nobody waits for others to come: what is there goes when a thread is
free.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from django.db import close_old_connections
from django.http import HttpResponse

from notifyproj.gateway.environ import Environ
from notifyproj.gateway.threads import Threads

log = logging.getLogger(__name__)

THREADS = 2  # one prepares while the other waits for the database
MOST_TOGETHER = 64  # about 20 ms of work
MOST_WAITING = 4_096


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose body is there. `body` is at most `bodies.SMALL` bytes."""

    environ: Environ
    body: bytes


class GroupRoute(Protocol):
    """A route that can serve many requests in one go."""

    def takes(self, environ: Environ) -> bool:
        """Whether this request may go with others. Asked on the event loop, so it asks nobody."""

    def serve(self, asked: Sequence[Asked]) -> Sequence[HttpResponse | None]:
        """The answer to each; None for one that is to be served by itself, as any other request."""


@dataclass(frozen=True, slots=True)
class Waiting:
    asked: Asked
    answer: "asyncio.Future[HttpResponse | None]"


class Group:
    """Of one route, on one event loop."""

    def __init__(self, route: GroupRoute, loop: asyncio.AbstractEventLoop) -> None:
        self._route = route
        self._loop = loop
        self._threads = Threads("group", THREADS, THREADS)
        self._free = THREADS
        self._waiting: list[Waiting] = []

    def takes(self, environ: Environ) -> bool:
        return len(self._waiting) < MOST_WAITING and self._route.takes(environ)

    async def serve(self, asked: Asked) -> HttpResponse | None:
        answer: asyncio.Future[HttpResponse | None] = self._loop.create_future()
        self._waiting.append(Waiting(asked, answer))
        self._start()
        return await answer

    def _start(self) -> None:
        while self._free and self._waiting:
            together = self._waiting[:MOST_TOGETHER]
            del self._waiting[:MOST_TOGETHER]
            self._free -= 1
            self._threads.run(partial(self._serve, together))

    def _serve(self, together: Sequence[Waiting]) -> None:
        """In a thread."""
        answers: Sequence[HttpResponse | None] = [None] * len(together)
        close_old_connections()  # as Django does around each request
        try:
            answers = self._route.serve([each.asked for each in together])
        except Exception:
            log.exception("requests could not be served together")
        finally:
            close_old_connections()
            self._loop.call_soon_threadsafe(self._finish, together, answers)

    def _finish(self, together: Sequence[Waiting], answers: Sequence[HttpResponse | None]) -> None:
        for each, answer in zip(together, answers, strict=True):
            if not each.answer.done():  # whoever asked may be gone
                each.answer.set_result(answer)
        self._free += 1
        self._start()
