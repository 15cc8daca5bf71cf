"""Failed deliveries that an operator sends again: once each, and every count stays true."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from channels.base import OutcomeKind
from notifications.dispatch.sweep import sweep
from notifications.models import Delivery, Event, Notification
from notifications.services.resend import Candidate, ResendOptions, judged, refusal, resend
from notifications.statuses import NotificationState, ProviderOutcome, State
from notifyproj.core.clock import now
from notifyproj.core.models import AuditEntry
from tests.flows.steps import conserved, only_delivery, send, settled
from tests.providers import Answer, StandIn
from tests.world import World

REFUSED = Answer(400, {"reason": "PayloadEmpty"})
GONE = Answer(410, {"reason": "Unregistered", "timestamp": 4_102_444_800_000})
BY = ResendOptions("op")


@pytest.fixture
def ada(world: World) -> World:
    world.person("ada", token="a" * 64)
    return world


@pytest.fixture
def failed(ada: World, provider: StandIn) -> Delivery:
    provider.answers = [REFUSED]
    send(ada, user_id="ada")
    row = settled()
    assert row.state == State.FAILED
    return row


def ids() -> list[str]:
    return [str(pk) for pk in Delivery.objects.order_by("pk").values_list("pk", flat=True)]


def test_it_goes_out_again_and_nothing_is_counted_twice(failed: Delivery) -> None:
    conserved()
    assert resend(ids(), BY, now()).n == 1
    again = only_delivery()
    assert (again.state, again.attempts, again.settled_at) == (State.WAITING, 0, None)
    conserved()

    Delivery.objects.update(due_at=now())
    sweep()

    assert settled().state == State.SENT
    conserved()


def test_asked_twice_it_goes_out_once(failed: Delivery) -> None:
    resend(ids(), BY, now())
    second = resend(ids(), BY, now())
    assert (second.n, second.refused) == (0, {"state": 1})
    assert Event.objects.count() == 1


def test_its_story_says_who_asked(failed: Delivery) -> None:
    resend(ids(), BY, now())
    assert Event.objects.get().reason == "Asked for by op"


def test_an_address_that_was_refused_is_left_alone_unless_told_otherwise(
    ada: World, provider: StandIn
) -> None:
    provider.answers = [GONE]
    send(ada, user_id="ada")
    settled()
    assert [one.refused for one in judged(ids(), BY, now())] == ["dead"]
    assert resend(ids(), BY._replace(dead_too=True), now()).n == 1
    conserved()


def test_what_is_past_its_time_goes_only_with_a_new_lifetime(failed: Delivery) -> None:
    Delivery.objects.update(expires_at=now() - timedelta(hours=1))
    assert resend(ids(), BY, now()).refused == {"late": 1}
    assert resend(ids(), BY._replace(lifetime=timedelta(hours=2)), now()).n == 1
    assert only_delivery().expires_at > now() + timedelta(hours=1)


def test_what_was_cancelled_stays_so(ada: World, failed: Delivery) -> None:
    """Its other message still waited."""
    Notification.objects.update(state=NotificationState.CANCELLED)
    assert resend(ids(), BY, now()).refused == {"cancelled": 1}


def test_what_was_wiped_cannot_go_again() -> None:
    at = now()
    row = Candidate(
        id="",
        state=State.FAILED,
        outcome=ProviderOutcome.NONE,
        expires_at=at + timedelta(hours=1),
        last_try=OutcomeKind.REJECTED,
        parent=NotificationState.RESOLVED,
        is_wiped=False,
    )
    assert refusal(row, BY, at) == ""
    assert refusal(row._replace(is_wiped=True), BY, at) == "wiped"


@pytest.fixture
def operator(failed: Delivery) -> Client:
    user = User.objects.create_user("op", is_staff=True)
    user.groups.add(Group.objects.get(name="operator"))
    client = Client()
    client.force_login(user)
    return client


def test_the_numbers_are_named_before_anything_happens(operator: Client) -> None:
    form = {"action": "resend_selected", "_selected_action": ids()}
    page = operator.post(reverse("admin:notifications_delivery_changelist"), form)
    assert "1 failed delivery can be resent" in page.content.decode()
    assert only_delivery().state == State.FAILED


def test_all_that_a_filter_finds_goes_again_and_the_log_says_so(operator: Client) -> None:
    url = reverse("admin:notifications_delivery_resend")
    query = "?state=failed&channel=push"
    page = operator.get(url + query).content.decode()
    assert "1 failed delivery can be resent" in page

    operator.post(url, {"ids": " ".join(ids()), "query": query})

    assert only_delivery().state == State.WAITING
    entry = AuditEntry.objects.filter(model="notifications.delivery").latest("pk")
    assert entry.actor == "op"
    assert entry.note == f"Resent 1 failed deliveries, found by {query}."
    conserved()
