"""A reply address made of a request's variables is held against the rule that sends."""

from typing import Any

import pytest

from preferences.models import NotificationType
from templates.versions.services import template_create, version_draft, version_publish
from tests.api.notifications.conftest import Post, written
from tests.world import World, forget_all


@pytest.fixture(autouse=True)
def news(shop: World) -> None:
    publish("news", {"default": {"reply_to": "{{ team }} <{{ team_email }}>"}})


def publish(
    slug: str, fields: dict[str, dict[str, str]], type_: dict[str, Any] | None = None
) -> None:
    email = {locale: {"subject": "s", "text": "t", **own} for locale, own in fields.items()}
    parts = {"email": email, "inbox": {"default": {"title": "t"}}}
    version_publish(
        version=version_draft(template=template_create(slug=slug, name=slug), parts=parts)
    )
    NotificationType.objects.create(
        slug=slug, name=slug, channels=["email"], template=slug, **(type_ or {})
    )
    forget_all()


def send(post: Post, type_: str = "news", **changes: Any) -> Any:
    body = {"type": type_, "template_id": None, "priority": "normal", **changes}
    return post(**body)


@pytest.mark.parametrize("email", ["help@shop.example", "hilfe@bücher.example"])
@pytest.mark.parametrize("name", ["Help", "Müller Support", "پشتیبانی می\u200cشود"])
def test_what_can_be_answered_to_is_accepted(post: Post, name: str, email: str) -> None:
    assert send(post, variables={"team": name, "team_email": email}).status_code == 202


@pytest.mark.parametrize(
    "email",
    ["not an address", "a@b.example\r\nBcc: x@y.example", "jörg@shop.example", "a..b@shop.example"],
)
def test_what_cannot_is_refused_at_its_variables(post: Post, email: str) -> None:
    answer = send(post, variables={"team": "Help", "team_email": email})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "invalid_variable")
    assert set(error["fields"]) == {"variables.team", "variables.team_email"}
    assert email not in error["message"]
    assert written() == (0, 0, 0)


def test_every_language_is_checked(post: Post) -> None:
    publish("two", {"default": {"reply_to": "a@b.example"}, "de": {"reply_to": "{{ hilfe }}"}})
    answer = send(post, "two", variables={"hilfe": "niemand"})
    assert list(answer.json()["error"]["fields"]) == ["variables.hilfe"]


def test_a_request_without_mail_is_not_asked(post: Post) -> None:
    wrong = {"team": "Help", "team_email": "nobody"}
    assert send(post, variables=wrong, channels=["inbox"]).status_code == 202


def test_what_no_request_can_mend_is_said_of_the_template(post: Post) -> None:
    publish("fixed", {"default": {"reply_to": "{{ 'nobody' }}"}})
    answer = send(post, "fixed", variables={})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["template_id"])


def test_what_is_asked_of_the_person_waits_for_the_person(post: Post) -> None:
    publish("own", {"default": {"reply_to": "{{ person.agent }}"}})
    assert send(post, "own", variables={}).status_code == 202
