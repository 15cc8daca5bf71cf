"""What the look finds, once a second."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app

from channels.models import ProviderAccount
from notifications import queues
from notifications.accept.accept import accept
from notifications.callbacks.receive import store
from notifications.callbacks.receive.store import Inbound
from notifications.campaigns.models import Campaign, Run
from notifications.campaigns.states import CampaignState, RunState
from notifications.digests.models import Digest
from notifications.models import Delivery, Notification
from notifications.operations.due_work import find_work, start_work
from notifications.status_events.models import StatusEndpoint, StatusEvent
from notifyproj.core.alerts.alerts import alert_raise, alert_resolve
from notifyproj.core.clock import now
from preferences.models import Erasure
from tests.world import World, make_world

LATER = AGO = timedelta(minutes=5)  # the database's now is when the test began


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(current_app, "send_task", lambda *_, **__: None)
    made = make_world("http://127.0.0.1:9")
    made.person("ada", token="a" * 64)
    return made


def found() -> set[str]:
    return {work.task for work in find_work()}


def test_where_nothing_is_to_do_nothing_is_found(world: World) -> None:
    assert found() == set()


def a_scheduled_notification(world: World) -> None:
    accept(world.service.pk, [world.request(user_id="ada", scheduled_at=now() + LATER)], now())
    Notification.objects.update(due_at=now() - AGO)


def a_delivery_whose_lease_ran_out(world: World) -> None:
    accept(world.service.pk, [world.request(user_id="ada")], now())
    Delivery.objects.update(due_at=now() - AGO)


def a_held_delivery(world: World) -> None:
    accept(world.service.pk, [world.request(user_id="ada")], now())
    Delivery.objects.update(held_by="account:1")


def a_resumed_account(world: World) -> None:
    ProviderAccount.objects.update(retry_now=True)


def an_account_that_was_slowed_down(world: World) -> None:
    ProviderAccount.objects.update(rate_now=50.0)


def a_count(world: World) -> None:
    accept(world.service.pk, [world.request(user_id="ada")], now())


def a_callback(world: World) -> None:
    store.insert(
        [Inbound(account_id=1, received_at=now(), url="https://x.example", headers={}, body=b"{}")]
    )


def a_digest(world: World) -> None:
    Digest.objects.create(
        service_id=1,
        recipient_id=1,
        type_id=1,
        opened_at=now(),
        closes_at=now() - AGO,
        lane=3,
        template_version_id=1,
    )


def a_campaign(world: World, **fields: Any) -> Campaign:
    said = {"state": CampaignState.SCHEDULED, "next_at": now() - AGO} | fields
    return Campaign.objects.create(name="News", type=world.type, service=world.service, **said)


def a_run(world: World, **fields: Any) -> Run:
    campaign = a_campaign(world, state=CampaignState.RUNNING, next_at=None)
    said = {"number": 1, "stage": 0, "seed": 1, "lane": 3, "began_at": now(), "paced_since": now()}
    return Run.objects.create(campaign=campaign, **(said | fields))


def a_running_campaign(world: World) -> None:
    a_run(world)


def a_cancelled_campaign_with_rows_left(world: World) -> None:
    a_run(world, state=RunState.CANCELLED, leftovers=True)


def a_status_event(world: World, **fields: Any) -> None:
    endpoint = StatusEndpoint.objects.create(service=world.service, url="https://x.example")
    StatusEvent.objects.create(
        id=uuid4(),
        endpoint=endpoint,
        event="delivery.sent",
        body="{}",
        **({"due_at": now() - AGO} | fields),
    )


def a_leased_status_event(world: World) -> None:
    a_status_event(world, due_at=now() + timedelta(seconds=25), lease_id=1)


def an_erasure(world: World) -> None:
    Erasure.objects.create(recipient_id=1, begun_at=now(), due_at=now() - AGO)


def an_alert(world: World) -> None:
    alert_raise(key="x", title="Something")


DUE: dict[str, list[Callable[[World], Any]]] = {
    queues.SWEEP: [
        a_scheduled_notification,
        a_delivery_whose_lease_ran_out,
        a_held_delivery,
        a_resumed_account,
    ],
    queues.FOLD: [a_count, an_account_that_was_slowed_down],
    queues.FOLD_CALLBACKS: [a_callback],
    queues.CLOSE_DIGESTS: [a_digest],
    queues.TICK_CAMPAIGNS: [a_campaign, a_running_campaign, a_cancelled_campaign_with_rows_left],
    queues.SEND_STATUS_EVENTS: [a_status_event, a_leased_status_event],
    queues.ERASE: [an_erasure],
    queues.TELL: [an_alert],
}


@pytest.mark.parametrize(
    ("task", "make"), [(task, make) for task, makers in DUE.items() for make in makers]
)
def test_what_is_due_is_found(world: World, task: str, make: Callable[[World], Any]) -> None:
    make(world)

    assert task in found()


def test_what_is_not_due_yet_is_not_found(world: World) -> None:
    a_campaign(world, next_at=now() + LATER)
    a_run_that_waits = a_run(world, state=RunState.PAUSED)
    a_status_event(world, due_at=now() + LATER)
    Erasure.objects.create(recipient_id=1, begun_at=now(), due_at=now() + LATER)
    an_alert(world)
    alert_resolve(key="x")

    assert a_run_that_waits.pk
    assert found() == set()


def test_a_delivery_with_a_worker_is_nobody_elses_work(world: World) -> None:
    accept(world.service.pk, [world.request(user_id="ada")], now())

    assert found() == {queues.FOLD}


def test_only_the_tasks_of_what_was_found_are_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, str, float]] = []

    def send_task(name: str, *, queue: str, expires: float, **_: object) -> None:
        sent.append((name, queue, expires))

    monkeypatch.setattr(current_app, "send_task", send_task)
    a_digest(world)
    a_callback(world)

    start_work()

    assert sorted(sent) == [
        (queues.CLOSE_DIGESTS, queues.PERIODIC, 1.0),
        (queues.FOLD_CALLBACKS, queues.CALLBACKS, 1.0),
    ]
