"""What a scraper reads, and who may."""

import pytest
from rest_framework.test import APIClient

from channels.models import AccountDay, AccountHealthDelta, ProviderAccount
from notifications.counters import table as counters
from notifications.exposition import Gauge, Sample, text
from notifyproj.core.alerts.alerts import alert_raise, alert_resolve
from notifyproj.core.api.keys import api_key_create
from notifyproj.core.clock import now
from tests.flows.steps import send
from tests.world import World, make_world

APNS = 'account="apns",channel="push",kind="apns"'


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("notifications.dispatch.dispatch.publish", lambda rows: True)
    return make_world("http://127.0.0.1:9")


def scraper(world: World, *scopes: str) -> APIClient:
    _, secret = api_key_create(service=world.service, scopes=scopes)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def scraped(world: World) -> list[str]:
    accept = "application/openmetrics-text;version=1.0.0"
    response = scraper(world, "read").get("/metrics", headers={"accept": accept})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    return str(response.content.decode()).splitlines()


def test_only_a_key_that_may_read_reads(world: World) -> None:
    assert APIClient().get("/metrics").status_code == 401
    assert scraper(world, "send").get("/metrics").status_code == 403


def test_an_account_says_what_keeps_it_from_sending(world: World) -> None:
    ProviderAccount.objects.update(
        held_at=now(), held_by="maria", breaker="open", rate_now=43.5, success_share=0.25
    )

    lines = scraped(world)

    assert f'notify_account_held{{{APNS},by="operator"}} 1' in lines
    assert f'notify_account_held{{{APNS},by="platform"}} 0' in lines
    assert f'notify_account_breaker{{{APNS},state="open"}} 1' in lines
    assert f'notify_account_breaker{{{APNS},state="closed"}} 0' in lines
    assert f"notify_account_rate_limit{{{APNS}}} 43.5" in lines
    assert f"notify_account_success_ratio{{{APNS}}} 0.25" in lines
    assert not any(line.startswith("notify_account_latency_seconds{") for line in lines)


def test_an_account_says_what_it_sent(world: World) -> None:
    AccountHealthDelta.objects.create(account=world.account, at=now(), ok=9, failed=1, dead=2)
    AccountDay.objects.create(
        account=world.account, day=now().date(), ok=900, throttled=4, cost_micros=6_750_000
    )

    lines = scraped(world)

    assert 'notify_account_sends_last_minute{account="apns",result="dead"} 2' in lines
    assert 'notify_account_sends_today{account="apns",result="throttled"} 4' in lines
    assert 'notify_account_cost_today{account="apns"} 6.75' in lines


def test_what_waits_is_told_by_lane(world: World) -> None:
    world.person("ada", token="a" * 64)
    send(world, user_id="ada")
    world.person("bob")  # without a device
    send(world, user_id="bob")
    counters.fold()

    lines = scraped(world)

    assert 'notify_deliveries_waiting{type="order",lane="urgent",channel="push"} 1' in lines
    assert 'notify_deliveries_last_day{state="created"} 2' in lines
    assert 'notify_deliveries_last_day{state="skipped"} 1' in lines
    assert 'notify_queue_backlog{queue="push.normal"} 0' in lines


def test_open_alerts_are_told_by_cause(world: World) -> None:
    for key in ("account-held:1", "account-held:2", "mass-death", "resolved:1"):
        alert_raise(key=key, title="Look")
    alert_resolve(key="resolved:1")

    lines = scraped(world)

    assert "notify_alerts_open 3" in lines
    assert 'notify_alerts_open_by_cause{cause="account-held"} 2' in lines


def test_a_label_may_hold_anything() -> None:
    gauge = Gauge("n", "Some.", [Sample({"a": 'x"\\\n'}, 1e9)])
    assert text([gauge]) == '# HELP n Some.\n# TYPE n gauge\nn{a="x\\"\\\\\\n"} 1000000000\n'
