from bench.broadcast import broadcast
from notifications.history.notifications import notifications_list
from notifyproj.core.clock import now
from tests.flows.steps import send
from tests.world import World


def ids_of(world: World, name: str) -> list[str]:
    rows = notifications_list(service_id=world.service.pk, before=None, limit=10, user_id=name)
    return [str(row.pk) for row in rows]


def broadcast_order(world: World) -> str:
    return broadcast(
        service_id=world.service.pk,
        type_slug="order",
        template_id="order",
        variables={"order_id": "A-1"},
        priority="low",
        now=now(),
    )


def test_a_persons_notifications_are_found_by_their_id(world: World) -> None:
    world.person("ada", token="a" * 64)
    world.person("ben", token="b" * 64)
    sent = send(world, user_id="ada").body

    assert sent is not None
    assert ids_of(world, "ada") == [sent.id]
    assert ids_of(world, "ben") == []


def test_a_broadcast_is_found_for_everybody_it_went_to(world: World) -> None:
    world.person("ada", token="a" * 64)
    id_ = str(broadcast_order(world))
    world.person("late", token="c" * 64)

    assert ids_of(world, "ada") == [id_]
    assert ids_of(world, "late") == []
