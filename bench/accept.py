"""How fast requests are accepted: one by one, by a crowd, and a thousand at a time."""

import selectors
import threading
import time
from typing import NamedTuple

from bench.client import PATH, Connection, request
from bench.stack import Stack
from bench.urgent import summary
from bench.world import CAMPAIGN, CAMPAIGN_VARIABLES, World

SECONDS = 10.0
SINGLE_CLIENTS, BATCH_CLIENTS, CROWD = 8, 3, 64
BATCH = 1_000
VARIETY = 500  # different requests, sent round and round
# Only the web process and the servers run: what is accepted stays where it is.
SENDERS = ["urgent", "bulk", "bulk_reserved", "background", "outbound", "periodic", "beat"]


class Result(NamedTuple):
    """Notifications a second. `crowd`: single requests of 64 connections while the workers run."""

    single: float
    batch: float
    crowd: float
    crowd_ms: dict[str, float]


def run(world: World, stack: Stack) -> Result:
    """First beside the workers, then alone."""
    crowd, times = _crowd(stack.port, _singles(world))
    stack.halt(SENDERS)
    single = _measure(stack.port, _singles(world), SINGLE_CLIENTS)
    batch = _measure(stack.port, _batches(world), BATCH_CLIENTS) * BATCH
    return Result(single, batch, crowd, summary(times))


def _crowd(port: int, requests: list[bytes]) -> tuple[float, list[float]]:
    """(answers a second, how long each took in ms): one thread for all, or it would be measured."""
    times: list[float] = []
    with selectors.DefaultSelector() as looked_at:
        for turn in range(CROWD):
            connection = Connection(port)
            connection.begin(requests[turn % len(requests)])
            looked_at.register(connection, selectors.EVENT_READ, time.monotonic())
        begin, turn = time.monotonic(), CROWD
        while (now := time.monotonic()) < begin + SECONDS:
            for key, _ in looked_at.select(SECONDS):
                connection = key.fileobj  # type: ignore[assignment]  # as registered
                if connection.answer() is None:
                    continue
                times.append((time.monotonic() - key.data) * 1000)
                connection.begin(requests[turn % len(requests)])
                looked_at.modify(connection, selectors.EVENT_READ, time.monotonic())
                turn += 1
        for key in list(looked_at.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]  # as registered
    return len(times) / (now - begin), times


def send_batch(world: World, port: int) -> None:
    connection = Connection(port)
    connection.send(_batches(world)[0])
    connection.close()


def _singles(world: World) -> list[bytes]:
    return [request(PATH, world.api_key, _body(n % world.people)) for n in range(VARIETY)]


def _batches(world: World) -> list[bytes]:
    bodies = [_body(n % (world.people - 1)) for n in range(BATCH * 5)]
    return [
        request(f"{PATH}/batch", world.api_key, {"notifications": bodies[n : n + BATCH]})
        for n in range(0, len(bodies), BATCH)
    ]


def _body(n: int) -> dict[str, object]:
    return {
        "type": CAMPAIGN,
        "template_id": CAMPAIGN,
        "user_id": f"user-{n}",
        "variables": CAMPAIGN_VARIABLES | {"order_id": f"ORD-{n}"},
        "priority": "low",
    }


def _measure(port: int, requests: list[bytes], clients: int) -> float:
    """Returns how many requests a second were accepted; all of them with 202."""
    done = [0] * clients
    failures: list[BaseException] = []
    end = time.monotonic() + SECONDS

    def ask(which: int) -> None:
        try:
            connection = Connection(port)
            turn = which
            while time.monotonic() < end:
                connection.send(requests[turn % len(requests)])
                done[which] += 1
                turn += clients
            connection.close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(n,), daemon=True) for n in range(clients)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(done) / (time.monotonic() - begin)
