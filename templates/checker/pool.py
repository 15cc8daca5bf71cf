"""Checkers of this process: two at most, started when they are first needed.

They end by themselves a minute after the last job. A process that is forked starts its own.
"""

import logging
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from templates.build.files import Folder, NotReadable
from templates.build.flatten import Partials
from templates.checker import jobs
from templates.checker.process import Checker, Failed, Gone
from templates.engine.problem import Problem
from templates.review.diff import Line, whole
from templates.review.examine import Draft, Review
from templates.review.preview import Shown

logger = logging.getLogger(__name__)

MOST = 2
WAIT_SECONDS = 20.0  # for one that is free
LARGEST_JOB = 24 * 1024**2  # bytes


def examine(draft: Draft, partials: Partials) -> Review:
    """Examines a draft in a process with limits; what is too heavy for it is a problem of the
    draft."""
    try:
        found: Review = _ask(jobs.Examine(draft, dict(partials)))
    except Failed as error:
        channel, locale, field = (*error.place, "", "", "")[:3]
        return Review([Problem(channel, locale, field, str(error), heavy=True)])
    return found


def preview(
    built: Mapping[str, Mapping[str, Mapping[str, Any]]],
    variables: Mapping[str, Any],
    *,
    locale: str = "",
    zone: str = "UTC",
    channels: Iterable[str] = (),
) -> list[Shown]:
    """See `templates.review.preview.shown`."""
    try:
        job = jobs.Preview(
            built=built,  # type: ignore[arg-type]  # msgspec encodes it as it is
            variables=dict(variables),
            locale=locale,
            zone=zone,
            channels=list(channels),
        )
        found: list[Shown] = _ask(job)
    except Failed as error:
        wanted = set(channels) or set(built)
        return [Shown(channel=c, locale="", problem=str(error)) for c in built if c in wanted]
    return found


def read(files: Mapping[str, str]) -> list[Folder]:
    """Raises NotReadable."""
    try:
        found: jobs.Folders = _ask(jobs.Read(dict(files)))
    except Failed as error:
        place = error.place[0] if error.place else "The files"
        raise NotReadable(f"{place}: is too large or nested too deeply to check") from None
    if found.problem:
        raise NotReadable(found.problem)
    return found.folders


def compare(texts: Sequence[tuple[str, str]]) -> list[list[Line]]:
    """What has changed in each, line by line."""
    try:
        return _ask(jobs.Compare(list(texts))) if texts else []
    except Failed:
        return [whole(before, after) for before, after in texts]


class _Pool:
    def __init__(self) -> None:
        self.free = threading.BoundedSemaphore(MOST)
        self.idle: list[Checker] = []
        self.all: set[Checker] = set()

    def ask(self, job: bytes) -> bytes:
        """Raises Failed."""
        if len(job) > LARGEST_JOB or not self.free.acquire(timeout=WAIT_SECONDS):
            raise Failed(())
        try:
            return self._asked(job)
        finally:
            self.free.release()

    def _asked(self, job: bytes) -> bytes:
        while checker := self._idle():
            with suppress(Gone):
                return self._ask(checker, job)
        try:
            return self._ask(self._started(), job)
        except Gone:  # a new one: somebody ended it
            raise Failed(()) from None

    def _idle(self) -> Checker | None:
        try:
            return self.idle.pop()
        except IndexError:
            return None

    def _started(self) -> Checker:
        checker = Checker()
        self.all.add(checker)
        return checker

    def _ask(self, checker: Checker, job: bytes) -> bytes:
        try:
            found = checker.ask(job)
        except (Gone, Failed) as error:
            self.all.discard(checker)
            if isinstance(error, Failed):
                left = {"place": "/".join(error.place), "status": checker.process.returncode}
                logger.warning("a template ended its checker", extra=left)
            raise
        self.idle.append(checker)
        return found


def _ask(job: jobs.Job) -> Any:
    try:
        encoded = jobs.encode(job)
    except (TypeError, ValueError, OverflowError, RecursionError):
        raise Failed(()) from None  # no JSON: it did not come through a door of ours
    return msgspec.json.decode(_pool.ask(encoded), type=jobs.RESULTS[type(job)])


def _begin_anew() -> None:
    global _pool
    for checker in _pool.all:
        checker.abandon()
    _pool = _Pool()


_pool = _Pool()
os.register_at_fork(after_in_child=_begin_anew)
