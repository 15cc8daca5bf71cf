"""A thread that talks to the broker, so that nobody waits for it longer than is said.

AMQP has no limit of its own: a resource alarm stops the broker from reading, a frozen one takes a
connection and is silent, each step of a handshake waits by itself, and so does a look-up of a name.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
Work = Callable[[Any], T]  # gets a kombu connection


class BrokerThread:
    """One connection. It starts with its first work; nothing of it crosses a fork."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._connection: Any = None
        self._waiting: SimpleQueue[tuple[Work[Any], Future[Any]]] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._given_up: Future[Any] | None = None

    def run(self, work: Work[T], seconds: float) -> T:
        """What `work` returns or raises; TimeoutError after so long, and at once while the thread
        is still at something that nobody waits for any more."""
        if self._given_up is not None and not self._given_up.done():
            raise TimeoutError
        self._start()
        future: Future[T] = Future()
        self._waiting.put((work, future))
        try:
            return future.result(seconds)
        except TimeoutError:
            if not future.cancel():
                self._given_up = future
            raise

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="broker", daemon=True)
                self._thread.start()

    def _serve(self) -> None:
        while True:
            work, future = self._waiting.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                if self._connection is None:
                    self._connection = self._connect()
                result = work(self._connection)
            except BaseException as error:
                self._drop()
                future.set_exception(error)
            else:
                future.set_result(result)

    def _drop(self) -> None:
        """Without a farewell: it would wait for an answer."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.collect()
