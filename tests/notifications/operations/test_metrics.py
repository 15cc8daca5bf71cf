"""What a scraper reads, and who may."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rest_framework.test import APIClient

from channels.models import AccountDay, AccountHealthDelta, ProviderAccount
from notifications.counters import table as counters
from notifyproj.core.alerts.alerts import alert_raise, alert_resolve
from notifyproj.core.api.keys import api_key_create
from notifyproj.core.clock import now
from tests.flows.steps import send
from tests.world import World, make_world

APNS = "account=apns channel=push kind=apns"


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("notifications.dispatch.dispatch.publish", lambda rows: True)
    return make_world("http://127.0.0.1:9")


def scraper(world: World, *scopes: str) -> APIClient:
    _, secret = api_key_create(service=world.service, scopes=scopes)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def scraped(world: World) -> dict[str, float]:
    """Values by name and labels, as a scraper reads them."""
    accept = "application/openmetrics-text;version=1.0.0"
    response = scraper(world, "read").get("/metrics", headers={"accept": accept})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(response.content.decode())
    samples = [sample for family in families for sample in family.samples]
    return {
        f"{s.name} {' '.join(f'{k}={v}' for k, v in sorted(s.labels.items()))}".strip(): s.value
        for s in samples
    }


def test_only_a_key_that_may_read_reads(world: World) -> None:
    assert APIClient().get("/metrics").status_code == 401
    assert scraper(world, "send").get("/metrics").status_code == 403


def test_an_account_says_what_keeps_it_from_sending(world: World) -> None:
    ProviderAccount.objects.update(
        held_at=now(), held_by="maria", breaker="open", rate_now=43.5, success_share=0.25
    )

    found = scraped(world)

    held = "notify_account_held account=apns by={} channel=push kind=apns"
    assert found[held.format("operator")] == 1
    assert found[held.format("platform")] == 0
    assert found[f"notify_account_breaker {APNS} state=open"] == 1
    assert found[f"notify_account_breaker {APNS} state=closed"] == 0
    assert found[f"notify_account_rate_limit {APNS}"] == 43.5
    assert found[f"notify_account_success_ratio {APNS}"] == 0.25
    assert not any(name.startswith("notify_account_latency_seconds") for name in found)


def test_an_account_says_what_it_sent(world: World) -> None:
    AccountHealthDelta.objects.create(account=world.account, at=now(), ok=9, failed=1, dead=2)
    AccountDay.objects.create(
        account=world.account, day=now().date(), ok=900, throttled=4, cost_micros=6_750_000
    )

    found = scraped(world)

    assert found["notify_account_sends_last_minute account=apns result=dead"] == 2
    assert found["notify_account_sends_today account=apns result=throttled"] == 4
    assert found["notify_account_cost_today account=apns"] == 6.75


def test_what_waits_is_told_by_lane(world: World) -> None:
    world.person("ada", token="a" * 64)
    send(world, user_id="ada")
    world.person("bob")  # without a device
    send(world, user_id="bob")
    counters.fold()

    found = scraped(world)

    assert found["notify_deliveries_waiting channel=push lane=urgent type=order"] == 1
    assert found["notify_deliveries_last_day state=created"] == 2
    assert found["notify_deliveries_last_day state=skipped"] == 1
    assert found["notify_queue_backlog queue=push.normal"] == 0


def test_open_alerts_are_told_by_cause(world: World) -> None:
    for key in ("account-held:1", "account-held:2", "mass-death", "resolved:1"):
        alert_raise(key=key, title="Look")
    alert_resolve(key="resolved:1")

    found = scraped(world)

    assert found["notify_alerts_open"] == 3
    assert found["notify_alerts_open_by_cause cause=account-held"] == 2
