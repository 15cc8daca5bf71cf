"""Resolving a campaign with every rule on: consent, caps, duplicates, hours. Nothing is sent, as it
is nobody's hour: what is measured is the decision about each person, and writing it down."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bench import usage
from bench.blast import GIVE_UP, LOOK_EVERY, state_of
from bench.broadcast import broadcast
from bench.stack import Stack
from bench.stand_in.problems import BenchProblem
from bench.world import CAMPAIGN, CAMPAIGN_VARIABLES, ZONES, World
from notifications.services.cancel import cancel
from notifications.statuses import NotificationState
from notifyproj.core import clock
from preferences.models import Cap, Category, NotificationType

SLUG = "bench-limits"
CAPS = (("type", 5, "day"), ("category", 20, "week"), ("", 30, "week"))
SETTINGS_SEEN = 3.0  # seconds until every process knows the type and its caps
PARTS = ("resolve", "postgres", "broker")


@dataclass
class Result:
    people: int
    seconds: float
    cpu: dict[str, float] = field(default_factory=dict)  # microseconds a person, by part
    peak_mb: float = 0.0  # of the process that resolves
    memory_mb: list[float] = field(default_factory=list)  # of it, at each tenth of the time

    @property
    def total(self) -> float:
        return round(sum(self.cpu[part] for part in PARTS), 1)


def run(world: World, stack: Stack) -> Result:
    """Raises BenchProblem when it takes too long."""
    _type_with_every_rule()
    time.sleep(SETTINGS_SEEN)
    pids = stack.pids() | {"bench": os.getpid()}
    before, begin = usage.cpu_seconds(pids), time.monotonic()
    id_ = broadcast(
        service_id=world.service_id,
        type_slug=SLUG,
        template_id=CAMPAIGN,
        variables=CAMPAIGN_VARIABLES,
        priority="low",
        now=clock.now(),
    )
    memory: list[float] = []
    while state_of(id_) != NotificationState.RESOLVED:
        memory.append(usage.resident(pids["background"]))
        time.sleep(LOOK_EVERY)
        if time.monotonic() - begin > GIVE_UP:
            raise BenchProblem(f"not resolved after {GIVE_UP:.0f} s")
    seconds = time.monotonic() - begin
    cost = usage.per_delivery(before, usage.cpu_seconds(pids), world.people)
    peaks = usage.Peaks()
    peaks.look({"background": pids["background"]})
    cancel(notification_id=id_, service_id=world.service_id)
    peak = max(peaks.megabytes.values())
    return Result(
        people=world.people, seconds=seconds, cpu=cost, peak_mb=peak, memory_mb=_tenths(memory)
    )


def _tenths(samples: Sequence[float]) -> list[float]:
    return [samples[(len(samples) - 1) * n // 10] for n in range(11)] if samples else []


def _type_with_every_rule() -> None:
    category, _ = Category.objects.get_or_create(slug=SLUG, defaults={"name": "Limits"})
    opens = _nobodys_hour(clock.now())
    type_, _ = NotificationType.objects.update_or_create(
        slug=SLUG,
        defaults={
            "name": "Limits",
            "channels": ["push"],
            "category": category,
            "max_priority": "low",
            "duplicate_seconds": 3_600,
            "send_from": f"{opens:02}:00",
            "send_until": f"{(opens + 1) % 24:02}:00",
        },
    )
    Cap.objects.all().delete()
    for about, most, per in CAPS:
        Cap.objects.create(
            most=most,
            per=per,
            type=type_ if about == "type" else None,
            category=category if about == "category" else None,
        )


def _nobodys_hour(now: datetime) -> int:
    """An hour of the clock that is not now, nor soon, in any zone of our people."""
    soon = {
        (now + timedelta(hours=ahead)).astimezone(ZoneInfo(zone)).hour
        for zone in ZONES
        for ahead in range(3)
    }
    return next(hour for hour in range(24) if hour not in soon)
