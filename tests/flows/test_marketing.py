"""Marketing goes out only with a way out of it, and at an hour the law allows."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from channels.accounts.credentials import account_upsert
from channels.inbox.models import InboxItem
from notifications.accept.accept import Answer
from notifications.explain.explain import explain_send
from notifications.links import our_urls as ours
from notifications.links.tokens import read_unsubscribe
from notifications.models import Delivery, Notification
from notifications.statuses import State
from notifyproj.core.clock import now
from preferences.centre.links import keys as centre_keys
from preferences.centre.tokens import read
from preferences.models import NotificationType
from templates.models import MessageTemplate, TemplateVersion
from templates.versions.services import (
    CannotPublish,
    template_create,
    version_draft,
    version_publish,
)
from tests.flows.steps import only_delivery, send, settled
from tests.providers import StandIn
from tests.world import World, contact_point, forget_all

WITHOUT = {"sms": {"default": {"body": "Offers!"}}, "push": {"default": {"title": "Offers!"}}}
WITH = {**WITHOUT, "sms": {"default": {"body": "Offers! Reply STOP to end."}}}


@pytest.fixture
def offers(world: World) -> NotificationType:
    template = template_create(slug="offers", name="Offers")
    for parts in (WITHOUT, WITH):
        version_publish(version=version_draft(template=template, parts=parts))
    type_ = NotificationType.objects.create(
        slug="offers",
        name="Offers",
        channels=["sms"],
        legal_class="marketing",
        template="offers",
    )
    account_upsert(
        slug="texts",
        channel="sms",
        kind="twilio",
        endpoint="http://127.0.0.1:9",
        credentials={"account_sid": "AC" + "0" * 32, "auth_token": "t" * 32},
        settings={"from": "+15005550006"},
    )
    forget_all()
    return type_


@pytest.fixture
def operator(world: World) -> Iterator[Client]:
    user = User.objects.create_superuser("operator")
    client = Client()
    client.force_login(user)
    yield client
    user.delete()


def american(world: World, timezone: str) -> None:
    point = contact_point(world.person("ada", timezone=timezone), "sms", "+14155550123")
    type(point).objects.update(area="US")


def send_offer(world: World, **fields: Any) -> Answer:
    given = {"type": "offers", "template_id": None, "channels": ["sms"], "variables": {}, **fields}
    return send(world, user_id="ada", **given)


def refusal(answer: Answer) -> dict[str, str]:
    assert answer.error is not None
    assert (answer.error.status, answer.error.code) == (422, "no_way_out")
    return dict(answer.error.fields)


def test_a_text_without_a_way_out_is_refused_when_it_is_sent(
    world: World, offers: NotificationType
) -> None:
    american(world, "America/New_York")

    answer = send_offer(world, template_id="offers-v1")

    assert refusal(answer) == {
        "template_id": "offers-v1 has no unsubscribe link or keyword for sms."
    }
    assert not Notification.objects.exists()


def test_a_channel_it_may_only_fall_back_to_counts(world: World, offers: NotificationType) -> None:
    step = {"from": "push", "to": "sms", "unless": "delivered", "after": 60}
    NotificationType.objects.filter(pk=offers.pk).update(fallbacks=[step])
    forget_all()
    american(world, "America/New_York")

    answer = send_offer(world, template_id="offers-v1", channels=["push"])

    assert "template_id" in refusal(answer)


def test_other_news_needs_no_way_out(world: World, offers: NotificationType) -> None:
    american(world, "America/New_York")

    assert send_offer(world, type="order", template_id="offers-v1").error is None


def test_a_request_cannot_blank_the_link(world: World, offers: NotificationType) -> None:
    american(world, "America/New_York")

    answer = send_offer(world, variables={"unsubscribe_url": ""})

    assert "variables.unsubscribe_url" in refusal(answer)


def test_mandatory_marketing_is_refused(world: World, offers: NotificationType) -> None:
    NotificationType.objects.filter(pk=offers.pk).update(mandatory=True)
    forget_all()
    american(world, "America/New_York")

    assert "type" in refusal(send_offer(world))


def test_a_template_of_marketing_is_not_published_without_a_way_out(
    world: World, offers: NotificationType
) -> None:
    version = version_draft(template=MessageTemplate.objects.get(slug="offers"), parts=WITHOUT)

    with pytest.raises(CannotPublish, match="sms / default / body: Marketing must say"):
        version_publish(version=version)

    assert TemplateVersion.objects.get(pk=version.pk).published_at is None


def test_the_admin_says_so_when_a_draft_is_saved(
    world: World, offers: NotificationType, operator: Client
) -> None:
    template = MessageTemplate.objects.get(slug="offers")
    url = reverse("admin:message_templates_messagetemplate_save", args=[template.pk])

    told = operator.post(url, {"parts": WITHOUT}, content_type="application/json").json()

    assert told["problems"][0]["message"].startswith("Marketing must say")
    assert TemplateVersion.objects.get(published_at=None, template=template).parts == WITHOUT


def test_a_type_is_not_saved_as_marketing_with_such_a_template(
    world: World, offers: NotificationType, operator: Client
) -> None:
    NotificationType.objects.filter(pk=offers.pk).update(template="offers-v1")
    url = reverse("admin:preferences_notificationtype_change", args=[offers.pk])

    page = operator.post(
        url, {"template": "offers-v1", "legal_class": "marketing"}
    ).content.decode()

    assert "offers-v1 has no unsubscribe link or keyword for sms." in page


def at_ten_in_the_evening() -> str:
    """A zone where it is that now: the signs of these names are the other way round."""
    ahead = (22 - now().hour) % 24
    if not ahead:
        return "Africa/Abidjan"
    return f"Etc/GMT-{ahead}" if ahead <= 14 else f"Etc/GMT+{24 - ahead}"


def test_marketing_by_sms_waits_for_the_hours_of_the_law(
    world: World, offers: NotificationType
) -> None:
    american(world, at_ten_in_the_evening())

    send_offer(world)

    row = only_delivery()
    assert (row.state, row.reason) == (State.WAITING, "legal_hours")
    assert row.due_at is not None
    assert timedelta(hours=9) <= row.due_at - now() <= timedelta(hours=10)


def test_other_news_by_sms_does_not(
    world: World, offers: NotificationType, hints: list[Any]
) -> None:
    NotificationType.objects.filter(pk=offers.pk).update(legal_class="service")
    forget_all()
    american(world, at_ten_in_the_evening())

    send_offer(world)

    assert Delivery.objects.get().reason == ""


@pytest.mark.parametrize(
    ("hour", "goes_at"),
    [
        (14, datetime(2026, 11, 23, 18, tzinfo=UTC)),  # 9:00 in New York, 4:00 in Honolulu
        (20, datetime(2026, 11, 23, 20, tzinfo=UTC)),  # 15:00 and 10:00
    ],
)
def test_of_whom_nobody_knows_the_zone_it_must_be_day_in_all_of_the_country(
    world: World, offers: NotificationType, hour: int, goes_at: datetime
) -> None:
    american(world, "UTC")
    request = world.request(type="offers", template_id=None, channels=["sms"], user_id="ada")

    told = explain_send(world.service.pk, request, datetime(2026, 11, 23, hour, tzinfo=UTC))

    assert told.deliveries[0].at == goes_at


def test_a_push_of_marketing_brings_links_of_the_persons_own(
    world: World, offers: NotificationType, provider: StandIn
) -> None:
    ada = world.person("ada", token="a" * 64)
    send_offer(world, channels=["push"])
    row = settled()

    [request] = provider.requests
    body = json.loads(request["body"])
    link = read_unsubscribe(ours.keys(), body["unsubscribe_url"].rpartition("/")[2])
    assert (link.delivery_id, link.recipient_id, link.channel) == (row.id, ada.pk, "push")
    settings = read(centre_keys(), body["preferences_url"].rpartition("/")[2], now())
    assert settings.recipient_id == ada.pk


def test_an_item_of_the_inbox_brings_them_too(world: World, offers: NotificationType) -> None:
    inbox = {"inbox": {"default": {"title": "Offers!"}}}
    template = MessageTemplate.objects.get(slug="offers")
    version_publish(version=version_draft(template=template, parts=inbox))
    forget_all()
    world.person("ada")
    send_offer(world, channels=["inbox"])
    settled()

    assert set(InboxItem.objects.get().data) == {"unsubscribe_url", "preferences_url"}


def test_other_news_brings_none(world: World, provider: StandIn) -> None:
    world.person("ada", token="a" * 64)
    send(world, user_id="ada")
    settled()

    [request] = provider.requests
    assert "unsubscribe_url" not in json.loads(request["body"])
