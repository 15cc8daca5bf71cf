"""A campaign to everybody: in peace, and with processes killed and the campaign paused at random.

Two variants and a canary; urgent messages go on meanwhile. In the end each person has one delivery,
it arrived, and every count agrees.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil
from django.db import connection

from bench import urgent, usage
from bench.blast import URGENT_RATE, sending_urgent
from bench.stack import Stack
from bench.stand_in.problems import BenchProblem
from bench.stand_in.server import FLUSHED, Server, StandIn
from bench.world import CAMPAIGN, CAMPAIGN_VARIABLES, World, point_account
from notifications.campaigns.models import Campaign, Run
from notifications.campaigns.run.launch import campaign_launch
from notifications.campaigns.run.lifecycle import run_pause, run_resume
from notifications.campaigns.run.numbers import numbers_by_arm
from notifications.campaigns.states import RunState
from notifications.statuses import State
from notifyproj.core import clock
from preferences.models import NotificationType
from templates.models import TemplateVersion

LOOK_EVERY = 0.1  # seconds
GIVE_UP = 1_800.0
STOPPED = 2.0  # seconds after which a paused campaign sends nothing
PAUSED = 3.0  # seconds it is paused
BETWEEN = (2.0, 6.0)  # seconds from one trouble to the next
KILLED = ("bulk", "bulk child", "background", "periodic", "beat", "urgent", "bulk_reserved")
MINUTES = {"canary_minutes": 0, "canary_percent": 1}

ONCE = """
SELECT count(*), count(DISTINCT (recipient_id, channel)) FROM delivery WHERE arm_id = ANY(%s)
"""
IDS = "SELECT id::text FROM delivery WHERE arm_id = ANY(%s) AND state = %s"


@dataclass
class Result:
    people: int
    seconds: float = 0.0  # from the launch to the last delivery recorded
    first_seconds: float = 0.0  # from the launch to the first arrival
    sent: int = 0
    twice: int = 0  # deliveries that arrived more than once
    troubles: Counter[str] = field(default_factory=Counter)
    cpu: dict[str, float] = field(default_factory=dict)
    urgent_ms: dict[str, float] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return self.sent / self.seconds


def run(world: World, stack: Stack, stand_in: StandIn, *, troubled: bool = False) -> Result:
    """Raises BenchProblem when it takes too long, or does not add up."""
    server = stand_in.prompt
    point_account(CAMPAIGN, server.url, world.ca)
    position = server.position()
    pids = stack.pids() | stand_in.pids() | {"bench": os.getpid()}
    result = Result(world.people)
    cpu = usage.cpu_seconds(pids)
    with sending_urgent(world, stack, URGENT_RATE) as sent:
        begin = time.time()
        made = campaign_launch(campaign=_campaign(world), now=clock.now())
        if made is None:
            raise BenchProblem("The campaign was only scheduled.")
        _wait(made, _trouble(made, stack, server, result) if troubled else lambda: None)
        result.seconds = time.time() - begin
        after = usage.cpu_seconds(pids)
    time.sleep(FLUSHED)
    result.urgent_ms = urgent.latencies(sent, server, position)
    arrivals = list(server.arrivals(position))
    others = set(urgent.notifications(list(sent)))
    own = Counter(each.delivery_id for each in arrivals if each.delivery_id not in others)
    result.first_seconds = min(a.at for a in arrivals if a.delivery_id in own) - begin
    _check(made, world, own, result)
    if not troubled:  # who is killed takes its account along
        result.cpu = usage.per_delivery(cpu, after, result.sent)
    return result


def _campaign(world: World) -> Campaign:
    version = TemplateVersion.objects.filter(template__slug=CAMPAIGN).latest("number")
    made = Campaign.objects.create(
        name="Bench",
        service_id=world.service_id,
        type=NotificationType.objects.get(pk=world.campaign_type_id),
        variables=CAMPAIGN_VARIABLES,
        **MINUTES,
    )
    for name in ("A", "B"):
        made.variants.create(name=name, version=version)
    return made


def _wait(made: Run, trouble: Callable[[], None]) -> None:
    deadline = time.monotonic() + GIVE_UP
    while True:
        time.sleep(LOOK_EVERY)
        trouble()
        made.refresh_from_db()
        if made.state == RunState.FINISHED:
            return
        if time.monotonic() > deadline:
            raise BenchProblem(f"{made.state} after {GIVE_UP:.0f} s: {numbers_by_arm(made)}")


def _trouble(made: Run, stack: Stack, server: Server, result: Result) -> Callable[[], None]:
    """Something bad every few seconds; which, the same in every run."""
    chance = random.Random(7)
    due = time.monotonic() + chance.uniform(*BETWEEN)

    def next_one() -> None:
        nonlocal due
        if time.monotonic() < due:
            return
        if chance.random() < 0.25:
            _pause(made, server)
            result.troubles["paused"] += 1
        else:
            name = chance.choice(KILLED)
            result.troubles[name] += _kill(name, stack, chance)
        due = time.monotonic() + chance.uniform(*BETWEEN)

    return next_one


def _kill(name: str, stack: Stack, chance: random.Random) -> int:
    main = stack.pids().get(name.removesuffix(" child"))
    if main is None:
        return 0  # it is being started again
    victims = psutil.Process(main).children() if name.endswith("child") else []
    victim = chance.choice(victims) if victims else psutil.Process(main)
    victim.kill()
    return 1


def _pause(made: Run, server: Server) -> None:
    """It may be over by now. Raises BenchProblem for a message that leaves after two seconds."""
    if Run.objects.get(pk=made.pk).state != RunState.RUNNING:
        return
    run_pause(run=made, by="bench", now=clock.now())
    quiet_from = time.time() + STOPPED
    time.sleep(PAUSED)
    time.sleep(FLUSHED)
    ids = _ids(made)
    late = [a for a in server.arrivals(0) if a.at > quiet_from and a.delivery_id in ids]
    run_resume(run=made, by="bench", now=clock.now())
    if late:
        raise BenchProblem(f"{len(late):,} messages left more than {STOPPED:.0f} s after a pause.")


def _ids(made: Run) -> set[str]:
    arms = list(made.arms.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(IDS, [arms, State.SENT.value])
        return {row[0] for row in cursor.fetchall()}


def _check(made: Run, world: World, arrived: Counter[str], result: Result) -> None:
    """Each person once, each of it arrived, and the counts agree."""
    arms = list(made.arms.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(ONCE, [arms])
        rows, once = cursor.fetchone()
    visited = sum(made.slices.values_list("visited", flat=True))
    if not rows == once == visited == world.people:
        raise BenchProblem(
            f"{world.people:,} people, {visited:,} visited, {rows:,} rows of {once:,}."
        )
    sent = _ids(made)
    if lost := sent - arrived.keys():
        raise BenchProblem(f"{len(lost):,} are recorded as sent and never arrived.")
    if strange := arrived.keys() - sent:
        raise BenchProblem(f"{len(strange):,} arrived and are not recorded as sent.")
    counted = numbers_by_arm(made).values()
    created, settled = sum(a.created for a in counted), sum(a.settled for a in counted)
    if not created == settled == rows:
        raise BenchProblem(f"{rows:,} rows, counted {created:,} and {settled:,} settled.")
    result.sent = len(sent)
    result.twice = sum(n > 1 for n in arrived.values())
