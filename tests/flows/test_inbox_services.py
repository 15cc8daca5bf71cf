"""Whose a message in the inbox is: the service's that sent it, and nobody's when it was a test."""

import pytest
from django.db import connection

from channels.inbox.models import InboxItem
from channels.inbox.selectors import list_items
from notifications.accept.accept import accept
from notifications.services import send_test
from notifyproj.core.api.keys import service_create
from notifyproj.core.clock import now
from templates.extension_points import Trial
from tests.flows.steps import settled
from tests.world import World, forget_all


@pytest.fixture
def ada(world: World) -> World:
    world.type.channels = ["inbox"]
    world.type.save()
    world.person("ada")
    forget_all()
    return world


def sent_by(world: World, service_id: int) -> None:
    request = world.request(user_ids=["ada"], channels=["inbox"])
    assert accept(service_id, [request], now())[0].error is None
    settled()


def test_each_service_finds_in_a_persons_inbox_what_it_sent(ada: World) -> None:
    second = service_create(slug="second")
    for service_id in (ada.service.pk, second.pk, second.pk):
        sent_by(ada, service_id)
    person = InboxItem.objects.values_list("recipient_id", flat=True)[0]
    assert len(list_items(person, service_id=ada.service.pk).items) == 1
    assert len(list_items(person, service_id=second.pk).items) == 2
    assert len(list_items(person).items) == 3


def test_what_an_operator_tries_out_is_shown_to_every_service(ada: World) -> None:
    request = ada.request()
    version = str(request.template_id)
    variables = dict(request.variables)
    send_test.send(
        Trial(
            version=version,
            type=ada.type.slug,
            external_id="ada",
            channels=("inbox",),
            variables=variables,
        )
    )
    settled()
    assert list(InboxItem.objects.values_list("service_id", flat=True)) == [None]


def test_the_service_of_old_items_can_be_noted_by_the_documented_statement(ada: World) -> None:
    sent_by(ada, ada.service.pk)
    InboxItem.objects.update(service_id=None)
    with open("docs/operations.md", encoding="utf-8") as file:
        statement = file.read().partition("UPDATE inbox_item")[2].partition("```")[0]
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE inbox_item{statement}")
    assert list(InboxItem.objects.values_list("service_id", flat=True)) == [ada.service.pk]
