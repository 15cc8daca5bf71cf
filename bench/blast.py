"""A campaign to everybody: from `broadcast()` to the last delivery recorded."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection

from bench import accept, ledger, urgent, usage
from bench.broadcast import broadcast
from bench.stack import Stack
from bench.stand_in.problems import BenchProblem
from bench.stand_in.server import FLUSHED, Server, StandIn
from bench.world import CAMPAIGN, CAMPAIGN_VARIABLES, World, point_account
from notifications.counters.table import CREATED
from notifications.statuses import NotificationState
from notifyproj.core import clock

LOOK_EVERY = 0.1  # seconds
GIVE_UP = 300.0
URGENT_RATE = 8.0  # a second, meanwhile


@dataclass
class Result:
    """`recorded` is deliveries sent and recorded; seconds count from the call of `broadcast`."""

    recorded: int = 0
    seconds: float = 0.0
    arrival_seconds: float = 0.0  # from the first arrival to the last
    states: dict[str, int] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    urgent_ms: dict[str, float] = field(default_factory=dict)
    urgent_sends: int = 0
    swept: int = 0
    foreign: float = 0.0  # percent of the machine that other programs took

    @property
    def per_second(self) -> float:
        return self.recorded / self.seconds


def run(world: World, stack: Stack, stand_in: StandIn, server: Server) -> Result:
    """Raises BenchProblem when it takes too long, or does not add up."""
    point_account(CAMPAIGN, server.url, world.ca)
    prompt = stand_in.prompt
    before, position, urgent_position = (
        ledger.counters(world.campaign_type_id),
        server.position(),
        prompt.position(),
    )
    pids = stack.pids() | stand_in.pids() | {"bench": os.getpid()}
    result = Result()
    cpu, machine = usage.cpu_seconds(pids), usage.machine_seconds()
    with sending_urgent(world, stack, URGENT_RATE) as sent:
        begin = time.time()
        id_ = _broadcast(world)
        _wait(world, id_, before)
        result.seconds = time.time() - begin
        cpu_after, machine_after = usage.cpu_seconds(pids), usage.machine_seconds()
    time.sleep(FLUSHED)
    result.urgent_sends = len(sent)
    result.urgent_ms = urgent.latencies(sent, prompt, urgent_position)
    counted = ledger.counters(world.campaign_type_id)
    counted.subtract(before)
    arrivals = list(server.arrivals(position))
    others = set(urgent.notifications(list(sent)))
    result.states = ledger.check(id_, counted, arrivals, others)
    result.swept = ledger.swept(id_)
    result.recorded = result.states.get("sent", 0)
    times = [arrival.at for arrival in arrivals if arrival.delivery_id not in others]
    result.arrival_seconds = max(times) - min(times)
    ours = sum(cpu_after.values()) - sum(cpu.values())
    result.foreign = usage.foreign_share(ours, machine, machine_after)
    result.cpu = usage.per_delivery(cpu, cpu_after, result.recorded)
    return result


def warm_up(world: World, port: int) -> None:
    """A batch through the API: every child has its loop and its connections afterwards."""
    before = ledger.counters(world.campaign_type_id)
    accept.send_batch(world, port)
    deadline = time.monotonic() + GIVE_UP
    while time.monotonic() < deadline:
        time.sleep(LOOK_EVERY)
        counts = ledger.counters(world.campaign_type_id) - before
        if 0 < counts[CREATED] <= ledger.settled(counts):
            return
    raise BenchProblem("The warm-up was not sent.")


def _broadcast(world: World) -> str:
    return broadcast(
        service_id=world.service_id,
        type_slug=CAMPAIGN,
        template_id=CAMPAIGN,
        variables=CAMPAIGN_VARIABLES,
        priority="low",
        now=clock.now(),
    )


@contextmanager
def sending_urgent(world: World, stack: Stack, rate: float) -> Iterator[dict[str, float]]:
    """Filled at the end: when each was sent, by notification."""
    sent: dict[str, float] = {}
    sender = urgent.Sender(world, stack.port, rate)
    sender.start()
    try:
        yield sent
    finally:
        sent |= sender.stop()


def _wait(world: World, notification_id: str, before: Counter[int]) -> None:
    """Until every delivery is written and settled. The counters say so, as they do in
    production: they cost no look at the rows."""
    deadline = time.monotonic() + GIVE_UP
    while True:
        time.sleep(LOOK_EVERY)
        resolved = state_of(notification_id) == NotificationState.RESOLVED
        counts = ledger.counters(world.campaign_type_id)
        counts.subtract(before)
        if resolved and ledger.settled(counts) >= counts[CREATED]:
            return
        if time.monotonic() > deadline:
            done, created = ledger.settled(counts), counts[CREATED]
            raise BenchProblem(f"{done:,} of {created:,} recorded after {GIVE_UP:.0f} s")


def state_of(notification_id: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM notification WHERE id = %s", [notification_id])
        return int(cursor.fetchone()[0])
