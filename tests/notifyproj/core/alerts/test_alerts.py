"""Alerts: a row a cause, told once."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from notifyproj.core.alerts.alerts import alert_raise, alert_resolve
from notifyproj.core.alerts.notifier import tell_alerts
from notifyproj.core.clock import now
from notifyproj.core.models import Alert
from tests.providers import Answer, StandIn, stand_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def hook(settings: Settings) -> Iterator[StandIn]:
    with stand_in() as made:
        settings.ALERT_WEBHOOK_URL = made.url
        yield made


def raised(times: int = 1) -> Alert:
    for _ in range(times):
        alert_raise(key="account-held:7", title="Twilio refused our key", detail="20003")
    return Alert.objects.get()


def test_a_cause_is_one_row_however_often_it_happens() -> None:
    assert raised(3).count == 3


def test_an_alert_is_told_once(hook: StandIn) -> None:
    raised(2)

    assert [tell_alerts(), tell_alerts()] == [1, 0]

    told = json.loads(hook.requests[0]["body"])
    assert (told["key"], told["title"], told["times"]) == (
        "account-held:7",
        "Twilio refused our key",
        2,
    )
    assert "Twilio refused our key" in told["text"]


def test_what_still_happens_a_day_later_is_told_again(hook: StandIn) -> None:
    raised()
    tell_alerts()
    Alert.objects.update(told_at=now() - timedelta(hours=25))

    assert tell_alerts() == 1


def test_a_day_later_nothing_is_told_of_what_ended(hook: StandIn) -> None:
    raised()
    tell_alerts()
    long_ago = now() - timedelta(hours=25)
    Alert.objects.update(told_at=long_ago, last_at=long_ago)

    assert tell_alerts() == 0


def test_a_resolved_alert_that_happens_again_is_new(hook: StandIn) -> None:
    raised(2)
    tell_alerts()
    alert_resolve(key="account-held:7")

    assert raised().count == 1
    assert tell_alerts() == 1


def test_a_resolved_alert_is_not_told(hook: StandIn) -> None:
    raised()
    alert_resolve(key="account-held:7")

    assert tell_alerts() == 0


def test_an_alert_that_nobody_took_is_told_again(hook: StandIn) -> None:
    hook.answers = [Answer(500)]
    raised()

    assert [tell_alerts(), tell_alerts()] == [0, 1]


def test_an_alert_follows_no_redirect_and_is_told_again(hook: StandIn) -> None:
    hook.answers = [Answer(307, headers={"location": f"{hook.url}/elsewhere"})]
    raised()

    assert [tell_alerts(), tell_alerts()] == [0, 1]
    assert [request["path"] for request in hook.requests] == ["/", "/"]


def test_an_alert_goes_by_mail(settings: Settings) -> None:
    settings.ALERT_EMAIL = "oncall@example.com"
    raised()

    tell_alerts()

    assert mail.outbox[0].to == ["oncall@example.com"]
    assert "Twilio refused our key" in mail.outbox[0].subject


def test_one_way_is_enough(settings: Settings, hook: StandIn) -> None:
    settings.ALERT_EMAIL = "oncall@example.com"
    hook.always = Answer(500)
    raised()

    assert tell_alerts() == 1
    assert len(mail.outbox) == 1
