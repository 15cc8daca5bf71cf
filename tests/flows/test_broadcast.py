from typing import Any

import pytest

from bench.broadcast import broadcast
from notifications.models import Delivery, Notification
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.clock import now
from preferences.consent.choices import Proof, choice_set
from tests.flows.conftest import all_final, settle
from tests.providers import StandIn
from tests.world import World


def send(world: World, **fields: Any) -> str:
    given = {"template_id": "order", "variables": {"order_id": "A-1"}, "priority": "low"}
    return broadcast(service_id=world.service.pk, type_slug="order", now=now(), **given | fields)


def test_a_broadcast_reaches_every_device_once(world: World, provider: StandIn) -> None:
    for n in range(3):
        world.person(f"user-{n}", token=f"{n}" * 64)

    send(world)

    settle(all_final)
    assert provider.counts() == {
        str(id_): 1 for id_ in Delivery.objects.values_list("pk", flat=True)
    }
    assert len(provider.requests) == 3


def test_a_broadcast_skips_who_said_no(world: World, provider: StandIn) -> None:
    person = world.person("ada", token="a" * 64)
    choice_set(
        recipient_id=person.pk,
        type_id=world.type.pk,
        channel="push",
        enabled=False,
        proof=Proof("api", now()),
    )

    send(world)

    settle(all_final)
    assert Delivery.objects.get().reason == "opted_out"


def test_a_broadcast_without_a_variable_writes_nothing(world: World) -> None:
    with pytest.raises(InvalidFields):
        send(world, variables={})
    assert not Notification.objects.exists()
