"""A few threads that stay: each keeps its database connection."""

import logging
import queue
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

Job = Callable[[], None]


class Threads:
    """Jobs are taken in the order they came; at most `most_waiting` wait."""

    def __init__(self, name: str, count: int, most_waiting: int) -> None:
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._most_waiting = most_waiting
        for number in range(count):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    def full(self) -> bool:
        return self._jobs.qsize() >= self._most_waiting

    def run(self, job: Job) -> None:
        self._jobs.put(job)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except BaseException as error:  # the thread has to stay
                log.error("a request broke off", extra={"error": type(error).__name__})
            del job  # or it would keep a body until the next one comes
