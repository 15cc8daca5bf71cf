"""Urgent sends through the API, and how long each takes to the provider.

From just before the POST to the request's arrival at the stand-in, by one clock.
"""

import json
import os
import random
import signal
import threading
import time
from collections.abc import Mapping, Sequence

from django.db import connection

from bench.client import PATH, Connection, request
from bench.stack import Stack
from bench.stand_in.problems import BenchProblem
from bench.stand_in.server import FLUSHED, Server
from bench.world import CODE, CODE_READER, World

SENDERS = 4  # a slow answer does not hold up the next send
PERCENTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
ARRIVE_SECONDS = 40  # longer than a lease: what a killed worker had comes then at the latest
KILLED_RATE, KILLED_SECONDS = 40.0, 5.0


class Sender:
    """Sends `rate` a second from `start` to `stop`."""

    def __init__(self, world: World, port: int, rate: float) -> None:
        body = {"type": CODE, "template_id": CODE, "user_id": CODE_READER, "priority": "high"}
        self._request = request(PATH, world.api_key, body | {"variables": {"code": "123456"}})
        self._port, self._rate = port, rate
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._slot = 0
        self._sent: list[tuple[float, bytes]] = []
        self._failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(SENDERS)]

    def start(self, most: int = 1_000_000) -> None:
        self._most, self._begin = most, time.time()
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join()

    def stop(self) -> dict[str, float]:
        """When each was sent, by notification. Raises BenchProblem when one was refused."""
        self._stop.set()
        self.wait()
        if self._failures:
            raise BenchProblem(f"urgent: {self._failures[0]}")
        return {json.loads(body)["id"]: at for at, body in self._sent}

    def _run(self) -> None:
        try:
            connection = Connection(self._port)
            while (at := self._next()) is not None:
                if self._stop.wait(max(0.0, at - time.time())):
                    break
                before = time.time()
                self._sent.append((before, connection.send(self._request)))
            connection.close()
        except (OSError, BenchProblem) as error:
            self._failures.append(error)

    def _next(self) -> float | None:
        with self._lock:
            if self._slot >= self._most:
                return None
            self._slot += 1
            return self._begin + self._slot / self._rate


def idle(world: World, port: int, server: Server, sends: int, rate: float) -> dict[str, float]:
    position = server.position()
    sender = Sender(world, port, rate)
    sender.start(most=sends)
    sender.wait()
    return latencies(sender.stop(), server, position)


def killed(world: World, stack: Stack, server: Server, times: int) -> list[float]:
    """The latest of the messages, in ms, of each time that the urgent worker is killed."""
    latest = []
    for _ in range(times):
        position, sender = server.position(), Sender(world, stack.port, KILLED_RATE)
        sender.start()
        time.sleep(random.uniform(2, 3))
        os.kill(stack.pids()["urgent"], signal.SIGKILL)
        time.sleep(KILLED_SECONDS)
        latest.append(latencies(sender.stop(), server, position)["max"])
    return latest


def latencies(sent: Mapping[str, float], server: Server, position: int) -> dict[str, float]:
    """Milliseconds. Raises BenchProblem when one never arrived."""
    deadline = time.monotonic() + ARRIVE_SECONDS
    while True:
        time.sleep(FLUSHED)
        arrived: dict[str, float] = {}
        for arrival in server.arrivals(position):
            arrived.setdefault(arrival.delivery_id, arrival.at)
        parents = notifications(list(sent))
        missing = set(sent) - {parents[id_] for id_ in parents if id_ in arrived}
        if not missing:
            break
        if time.monotonic() > deadline:
            raise BenchProblem(f"{len(missing)} of {len(sent)} urgent sends never arrived")
    return summary([(arrived[id_] - sent[parent]) * 1000 for id_, parent in parents.items()])


def notifications(ids: Sequence[str]) -> dict[str, str]:
    """The notification of each of their deliveries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id::text, notification_id::text FROM delivery"
            " WHERE notification_id = ANY(%s::uuid[])",
            [list(ids)],
        )
        return dict(cursor.fetchall())


def summary(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    found = {
        name: ordered[min(len(ordered) - 1, int(share * len(ordered)))]
        for name, share in PERCENTILES.items()
    }
    return {name: round(value, 1) for name, value in (found | {"max": ordered[-1]}).items()}
