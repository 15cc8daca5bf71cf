"""What tests of campaigns do over and over."""

from datetime import timedelta
from typing import Any

from notifications.campaigns.models import Campaign, Run, Slice
from notifications.campaigns.run.launch import run_begin
from notifications.campaigns.run.tick import tick
from notifications.models import Delivery
from notifyproj.core.clock import now
from templates.models import TemplateVersion
from tests.world import World

SURE = {"canary_percent": 0}


def campaign(world: World, **fields: Any) -> Campaign:
    """One variant, no canary, at once."""
    given = {"name": "News", "service": world.service, "type": world.type, **SURE, **fields}
    made = Campaign.objects.create(variables={"order_id": "A-1"}, **given)
    made.variants.create(name="A", version=TemplateVersion.objects.earliest("id"))
    return made


def crowd(world: World, n: int, **fields: Any) -> None:
    for _ in range(n):
        name = f"user-{len(world.people)}"
        world.person(name, token=f"{len(world.people):064x}", **fields)


def launch(made: Campaign) -> Run:
    """Nothing is fed before the next tick."""
    return run_begin(campaign=made, now=now())


def go_on() -> None:
    """A second passes."""
    Slice.objects.filter(due_at__isnull=False, due_at__gt=now()).filter(
        starts_at__lte=now()
    ).update(due_at=now())
    tick()


def pass_gate(run: Run) -> None:
    """The time passes that a stage is looked at."""
    Run.objects.filter(pk=run.pk).update(gate_at=now() - timedelta(seconds=1))
    go_on()
    go_on()


def reached() -> list[int]:
    """The recipients of deliveries, in order."""
    return sorted(row.recipient_id or 0 for row in Delivery.objects.all())
