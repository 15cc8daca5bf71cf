"""How fast requests are accepted: one by one, and a thousand at a time."""

import threading
import time

from bench.client import PATH, Connection, request
from bench.stack import Stack
from bench.world import CAMPAIGN, CAMPAIGN_VARIABLES, World

SECONDS = 10.0
SINGLE_CLIENTS, BATCH_CLIENTS = 8, 3
BATCH = 1_000
VARIETY = 500  # different requests, sent round and round
# Only the web process and the servers run: what is accepted stays where it is.
SENDERS = ["urgent", "bulk", "bulk_reserved", "background", "outbound", "periodic", "beat"]


def run(world: World, stack: Stack) -> tuple[float, float]:
    """(single requests a second, notifications of batches a second)."""
    stack.halt(SENDERS)
    single = _measure(stack.port, _singles(world), SINGLE_CLIENTS)
    batch = _measure(stack.port, _batches(world), BATCH_CLIENTS) * BATCH
    return single, batch


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
