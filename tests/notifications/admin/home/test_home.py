"""The first page: every number with a way to its rows, the worst first, read from roll-ups."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from channels.accounts.breaker import fold_health
from channels.accounts.health import hold
from channels.accounts.rate_limit import Tally, record_health
from channels.models import ProviderAccount
from notifications.admin.home import backlog, numbers
from notifications.models import Delivery
from notifications.queues import ALL
from notifications.statuses import State
from notifyproj.core.clock import now
from tests.flows.steps import send
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _workers_take_from_every_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "silent", list)
    monkeypatch.setattr(numbers, "ended", list)


@pytest.fixture
def operator() -> Client:
    client = Client()
    user = User.objects.create_user("op", is_staff=True)
    user.groups.add(Group.objects.get(name="operator"))
    client.force_login(user)
    return client


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("notifications.dispatch.dispatch.publish", lambda rows: True)
    made = make_world("http://127.0.0.1:9")
    made.person("ada", token="a" * 64)
    return made


def home(client: Client) -> str:
    return client.get("/admin/home/").content.decode()


def test_a_fresh_install_says_what_comes_first(operator: Client) -> None:
    ProviderAccount.objects.create(slug="tw", channel="sms", kind="twilio")
    page = home(operator)
    assert "Nothing has been sent yet" in page
    assert page.index("done") < page.index("Add a provider account") < page.index("to do")


def test_each_number_leads_to_its_rows(operator: Client, world: World) -> None:
    send(world, user_id="ada")
    page = home(operator)
    assert '?channel=push&amp;state=waiting&amp;since=24h">1</a>' in page.replace(
        "since=24h&amp;state=waiting", "state=waiting&amp;since=24h"
    )
    found = operator.get("/admin/notifications/delivery/?channel=push&since=24h&state=waiting")
    assert str(Delivery.objects.get().pk) in found.content.decode()


def test_what_fails_is_said_first(operator: Client, world: World) -> None:
    send(world, user_id="ada")
    assert "All systems operational" in home(operator)
    hold(world.account.pk, "The key was refused")
    page = home(operator)
    assert page.index("Needs attention") < page.index("The key was refused")


def test_a_provider_that_is_dead_is_said_after_a_few_attempts(
    operator: Client, world: World
) -> None:
    send(world, user_id="ada")
    for _ in range(3):  # one a minute, say: too few for the breaker
        record_health({world.account.pk: Tally(failed=1)})
        fold_health()
    page = home(operator)
    title = f"{world.account.slug}: failing: the last 3 attempts mostly failed"
    assert page.index("Needs attention") < page.index(title)


def test_sent_today_is_what_the_provider_accepted(operator: Client, world: World) -> None:
    send(world, user_id="ada")
    record_health({world.account.pk: Tally(ok=5, failed=7, dead=2)})
    fold_health()
    page = home(operator)
    assert "state=sent" in page
    assert "of 12 attempts" in page
    (line,) = numbers.numbers(now()).accounts
    assert (line.sent_today, line.attempts_today) == (3, 12)


def test_a_queue_without_a_consumer_is_said_first_and_by_name(
    operator: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(world, user_id="ada")
    monkeypatch.setattr(numbers, "silent", lambda: ["push.urgent"])
    page = home(operator)
    assert "No worker is processing 1 queue<" in page
    assert "push.urgent: nothing was processed" in page


def test_that_no_worker_runs_is_said_before_anything_was_sent(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers, "silent", lambda: list(ALL))
    page = home(operator)
    assert f"No worker is processing {len(ALL)} queues" in page
    assert "Check that Beat and `periodic` are running." in page


def test_a_worker_that_has_ended_is_named(
    operator: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(world, user_id="ada")
    monkeypatch.setattr(numbers, "ended", lambda: ["bulk_reserved@one"])
    page = home(operator)
    assert "A worker has ended" in page
    assert "bulk_reserved@one: see the logs" in page


def test_what_redis_cannot_tell_is_not_called_well(
    operator: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(world, user_id="ada")
    monkeypatch.setattr(numbers, "silent", lambda: None)
    assert "Redis does not respond" in home(operator)


def test_a_lane_that_nobody_takes_from_is_noticed(operator: Client, world: World) -> None:
    send(world, user_id="ada")
    Delivery.objects.update(due_at=now() - timedelta(minutes=3))
    assert "No worker is processing the" in home(operator)


def test_a_lane_that_is_only_behind_is_not_called_dead(
    operator: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(world, user_id="ada")
    Delivery.objects.update(due_at=now() - timedelta(minutes=3))
    monkeypatch.setattr("notifications.dispatch.dispatch.rate", lambda queue: 100)
    page = home(operator)
    assert "queue is behind" in page
    assert "Nothing takes" not in page


def test_what_waits_is_told_with_its_reason(world: World) -> None:
    send(world, user_id="ada")
    Delivery.objects.update(reason="quiet_hours", due_at=now() + timedelta(hours=2))
    assert [(one.reason, one.n) for one in backlog.due()] == [("quiet_hours", 1)]


def test_rows_that_are_held_are_told_by_their_account(world: World) -> None:
    send(world, user_id="ada")
    held = f"account:{world.account.pk}"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE delivery SET due_at = 'infinity', held_by = %s", [held])
    assert [(one.account, one.n) for one in backlog.held()] == [(world.account.slug, 1)]
    assert backlog.due() == []


def test_it_asks_as_much_however_much_was_sent(operator: Client, world: World) -> None:
    send(world, user_id="ada")
    home(operator)
    with CaptureQueriesContext(connection) as one:
        home(operator)
    for _ in range(5):
        send(world, user_id="ada")
    with CaptureQueriesContext(connection) as six:
        home(operator)
    assert len(six) == len(one) <= 12


def test_it_counts_no_rows_of_the_log(operator: Client, world: World) -> None:
    send(world, user_id="ada")
    Delivery.objects.update(state=State.SENT, due_at=None)
    with CaptureQueriesContext(connection) as asked:
        home(operator)
    about_log = [query["sql"] for query in asked if "FROM delivery" in query["sql"]]
    assert all("LIMIT" in sql for sql in about_log)
