"""What a message says of the person it goes to, and what it costs where none does."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.inbox.models import InboxItem
from notifications.accept.accept import accept
from notifications.models import Attempt
from notifyproj.core.clock import now
from templates.versions.services import template_create, version_draft, version_publish
from tests.flows.steps import settled
from tests.world import World, forget_all

BODY = (
    "{{ person.first_name }} ({{ person.id }}, {{ person.plan|default('free') }}): "
    "{{ at|datetime('short') }}, {{ total|currency('EUR') }}"
)
VARIABLES = {"at": "2026-06-27T22:30:00Z", "total": 5}


@pytest.fixture
def ada(world: World) -> World:
    parts = {"inbox": {"default": {"title": "Hi", "body": BODY}}}
    version_publish(
        version=version_draft(template=template_create(slug="own", name="Own"), parts=parts)
    )
    plain = {"inbox": {"default": {"title": "Hi", "body": "A person. {{ total }}"}}}
    version_publish(
        version=version_draft(template=template_create(slug="plain", name="Plain"), parts=plain)
    )
    world.type.channels = ["inbox"]
    world.type.save()
    forget_all()
    return world


def ask(world: World, template: str, *people: str, **variables: Any) -> str:
    request = world.request(
        user_ids=[*people],
        template_id=template,
        channels=["inbox"],
        variables={**VARIABLES, **variables},
    )
    answer = accept(world.service.pk, [request], now())[0]
    settled()
    return str(answer.error or "")


def test_each_person_reads_their_own_name_zone_and_money(ada: World) -> None:
    ada.person("ada", locale="en", attributes={"first_name": "Ada", "plan": None})
    ada.person(
        "maria",
        locale="de-AT",
        timezone="Europe/Vienna",
        attributes={"first_name": "Maria", "plan": "gold", "id": "not hers"},
    )
    ask(ada, "own", "ada", "maria")
    assert {" ".join(item.body.split()) for item in InboxItem.objects.all()} == {
        "Ada (ada, free): 6/27/26, 10:30 PM, €5.00",
        "Maria (maria, gold): 28.06.26, 00:30, € 5,00",
    }


def test_who_lacks_the_attribute_gets_no_message_and_is_told_why(ada: World) -> None:
    ada.person("bob")
    ask(ada, "own", "bob")
    assert "A variable is missing" in Attempt.objects.get().reason


def test_a_text_without_a_name_reads_no_attributes(ada: World) -> None:
    ada.person("ada")
    with CaptureQueriesContext(connection) as queries:
        ask(ada, "plain", "ada")
    assert InboxItem.objects.get().body == "A person. 5"
    assert not [q for q in queries if re.search(r"\br\.attributes\b", q["sql"])]


def test_what_does_not_fit_the_schema_is_refused_by_its_place(ada: World) -> None:
    ada.person("ada")
    assert ask(ada, "own", "ada", total={"amount": 5}) == "Must be a number or a string."
