"""An attempt without an answer, at a provider that can be asked whether it has the message."""

from collections.abc import Iterator

import pytest

from channels.accounts.credentials import account_upsert
from channels.models import ProviderAccount
from channels.sandbox.kit import accounts as directory
from channels.sandbox.models import Fault, Received
from notifications.models import Attempt, Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from tests.channels.sandbox.conftest import Sandbox, running, values_of
from tests.flows.conftest import settle
from tests.flows.steps import conserved, go_on, recorded, send, settled
from tests.world import World, contact_point, forget_all


@pytest.fixture
def sandbox(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setattr(directory, "FRESH", 0.0)
    with running() as started:
        yield started
    Received.objects.all().delete()
    Fault.objects.all().delete()


@pytest.fixture
def ada(world: World, sandbox: Sandbox) -> World:
    contact_point(world.person("ada"), "sms", "+14155550142")
    world.type.channels = ["sms"]
    world.type.save()
    account(sandbox, "one")
    return world


def account(sandbox: Sandbox, slug: str, weight: int = 100) -> ProviderAccount:
    values = values_of("twilio", slug)
    made = account_upsert(slug=slug, endpoint=f"{sandbox.url}/{slug}", weight=weight, **values)
    forget_all()
    return made


def arrived() -> int:
    settle(lambda: Received.objects.exists())
    return Received.objects.filter(accepted=True).count()


def codes() -> list[str]:
    return list(Attempt.objects.order_by("number").values_list("code", flat=True))


def first_try_resets(kind: str = "reset") -> None:
    Fault.objects.create(account="one", kind=kind)


def unanswered() -> Delivery:
    waiting = recorded()
    assert (waiting.state, waiting.reason) == (State.WAITING, "resend")
    return waiting


def test_what_arrived_at_the_first_try_is_not_sent_again(ada: World) -> None:
    first_try_resets()
    send(ada, user_id="ada", channels=["sms"])
    unanswered()

    go_on()

    assert settled().state == State.SENT
    assert codes() == ["no_answer", "found"]
    assert Attempt.objects.get(number=2).provider_id.startswith("SM")
    assert arrived() == 1
    conserved()


def test_what_did_not_arrive_is_sent_once_more(ada: World) -> None:
    first_try_resets("reset_before")
    send(ada, user_id="ada", channels=["sms"])
    unanswered()
    Fault.objects.all().delete()

    go_on()

    assert settled().state == State.SENT
    assert codes() == ["no_answer", ""]
    settle(lambda: Received.objects.count() == 2)
    assert arrived() == 1


def test_the_account_of_the_first_try_is_asked_though_another_would_send(
    ada: World, sandbox: Sandbox
) -> None:
    first_try_resets()
    send(ada, user_id="ada", channels=["sms"])
    unanswered()
    account(sandbox, "two")
    ProviderAccount.objects.filter(slug="one").update(held_at=now())
    forget_all()

    go_on()

    assert settled().state == State.SENT
    assert codes() == ["no_answer", "found"]
    assert not Received.objects.filter(account="two").exists()
    one = ProviderAccount.objects.get(slug="one")
    assert Delivery.objects.get().account_id == Attempt.objects.get(number=2).account_id == one.pk


def test_an_account_that_cannot_be_asked_does_not_stop_another(
    ada: World, sandbox: Sandbox
) -> None:
    first_try_resets()
    send(ada, user_id="ada", channels=["sms"])
    unanswered()
    account(sandbox, "two")
    gone = {"held_at": now(), "endpoint": "http://127.0.0.1:9"}
    ProviderAccount.objects.filter(slug="one").update(**gone)
    forget_all()

    go_on()

    assert settled().state == State.SENT
    settle(lambda: Received.objects.filter(account="two", accepted=True).count() == 1)


def test_nothing_is_sent_again_while_the_only_account_cannot_be_asked(ada: World) -> None:
    first_try_resets()
    send(ada, user_id="ada", channels=["sms"])
    unanswered()
    ProviderAccount.objects.filter(slug="one").update(endpoint="http://127.0.0.1:9")
    forget_all()

    go_on()

    waiting = recorded(2)
    assert (waiting.state, waiting.reason) == (State.WAITING, "resend")
    assert codes() == ["no_answer", "look_up"]
