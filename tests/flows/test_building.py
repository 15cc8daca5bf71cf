"""A message that cannot be built fails by itself, with its reason, never its batch."""

import pytest

from channels.accounts.breaker import fold_health
from channels.accounts.routes import routes
from channels.inbox.models import InboxItem
from channels.models import ProviderAccount
from notifications.accept.accept import accept
from notifications.models import Attempt, Delivery, Notification
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import now
from preferences.addresses.addresses import new_data_key
from preferences.models import ContactPoint, Recipient
from templates.versions.services import template_create, version_draft, version_publish
from tests.flows.conftest import Published
from tests.flows.steps import conserved, run, send, settled
from tests.providers import StandIn
from tests.world import World, forget_all


@pytest.fixture
def ada(world: World) -> World:
    """With a template that some variables break."""
    world.person("ada", token="a" * 64)
    push = {"title": "{{ price | round }}", "body": "Hi", "data": {"blob": "{{ blob }}"}}
    template = template_create(slug="fragile", name="Fragile")
    version_publish(version=version_draft(template=template, parts={"push": {"default": push}}))
    forget_all()
    return world


def send_fragile(world: World, *variables: dict[str, object]) -> None:
    requests = [
        world.request(user_id="ada", template_id="fragile", variables={"blob": "", **given})
        for given in variables
    ]
    answers = accept(world.service.pk, requests, now())
    assert [answer.error for answer in answers] == [None] * len(answers)


def test_a_text_that_cannot_be_rendered_fails_alone(ada: World, hints: list[Published]) -> None:
    send_fragile(ada, {"price": "a lot"}, {"price": 1.2}, {"price": 2})
    assert len(hints) == 1

    run(hints)

    settled()
    assert Delivery.objects.filter(state=State.SENT).count() == 2
    failed = Delivery.objects.get(state=State.FAILED)
    assert failed.reason == "render_failed"
    assert "title" in Attempt.objects.get(delivery_id=failed.pk).reason
    conserved()


def test_the_reason_does_not_repeat_what_the_message_said(ada: World) -> None:
    send_fragile(ada, {"price": "secret-4711"})

    settled()
    attempt = Attempt.objects.get()
    assert "4711" not in attempt.reason + attempt.response_excerpt + attempt.code


def test_a_message_that_is_too_large_fails_alone(ada: World, provider: StandIn) -> None:
    send_fragile(ada, {"price": 1, "blob": "x" * 6_000}, {"price": 1})

    settled()
    assert Delivery.objects.get(state=State.FAILED).reason == "too_large"
    assert Delivery.objects.filter(state=State.SENT).count() == 1
    assert len(provider.requests) == 1
    conserved()


def test_a_message_that_never_left_says_nothing_of_its_account(ada: World) -> None:
    ProviderAccount.objects.update(breaker="open", breaker_until=now())
    routes.forget()
    send_fragile(ada, {"price": "a lot"})
    settled()

    fold_health()

    assert ProviderAccount.objects.get().breaker == "half_open"


def test_an_address_that_no_longer_opens_fails_alone(ada: World, hints: list[Published]) -> None:
    ada.person("bob", token="b" * 64)
    send(ada, user_ids=["ada", "bob"])
    ContactPoint.objects.filter(recipient__external_id="bob").update(address=b"damaged")

    run(hints)

    settled()
    states = dict(Delivery.objects.values_list("recipient_id", "state"))
    assert states == {ada.people[0].pk: State.SENT, ada.people[1].pk: State.FAILED}
    assert Delivery.objects.get(state=State.FAILED).reason == "undecryptable"
    conserved()


def test_what_was_written_for_a_person_erased_and_named_again_stays_unreadable(
    ada: World, hints: list[Published], provider: StandIn
) -> None:
    """The new key opens neither the old address nor the old variables."""
    send(ada, user_id="ada")
    Recipient.objects.update(data_key=new_data_key("ada"))

    run(hints)

    assert settled().reason == "undecryptable"
    assert provider.requests == []


def test_variables_are_stored_under_the_persons_key(ada: World, hints: list[Published]) -> None:
    send(ada, user_id="ada", variables={"order_id": "ORD-98765"})

    assert b"98765" not in bytes(Notification.objects.get().variables)
    Recipient.objects.update(data_key=None)
    run(hints)
    assert settled().reason == "undecryptable"


def test_an_inbox_message_is_stored_once_and_counts_as_delivered(
    ada: World, hints: list[Published]
) -> None:
    send(ada, user_id="ada", channels=["inbox"])
    lost = list(hints)
    run(hints)
    settled()

    Delivery.objects.update(state=State.WAITING, due_at=now(), settled_at=None, dispatch_no=1)
    run(lost)

    delivery = settled()
    assert (delivery.state, delivery.outcome) == (State.SENT, ProviderOutcome.DELIVERED)
    assert InboxItem.objects.get().title == "Order A-1"
    assert Attempt.objects.count() == 2


def test_one_request_goes_out_on_all_its_channels(ada: World, provider: StandIn) -> None:
    send(ada, user_id="ada", channels=["push", "inbox"])

    settled()
    assert len(provider.requests) == InboxItem.objects.count() == 1
    conserved()


def test_a_channel_without_an_account_says_so(ada: World) -> None:
    ada.device(ada.people[0], "unused")
    ContactPoint.objects.update(app_id=None, channel="sms")

    send(ada, user_id="ada", channels=["sms"])

    assert settled().reason == "no_account"
    conserved()
