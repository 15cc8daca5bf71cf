import json
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from channels.base import BuildError, HttpResponse, MessageTooLarge, OutcomeKind
from channels.messages import WebhookMessage
from channels.standard_webhooks import new_secret
from channels.webhook import standard
from tests.channels.samples import (
    DELIVERY,
    NOW,
    WEBHOOK_SECRET,
    account,
    envelope,
    recorded,
    webhook,
)

URL = "https://hooks.example.com/orders"
ACCOUNT = account("webhook")
OLD, NEW = new_secret(), new_secret()


def at(address: Any) -> WebhookMessage:
    text = address if isinstance(address, str) else json.dumps(address)
    return WebhookMessage(envelope(text), "order.shipped", NOW, {})


@pytest.mark.parametrize("answer", recorded("webhook/answers.json"), ids=lambda row: row["about"])
def test_a_recorded_answer_means(answer: dict[str, Any]) -> None:
    response = HttpResponse(answer["status"], answer["headers"], answer["body"].encode())
    outcome = standard.classify(response)
    assert (outcome.kind.name, outcome.code) == (answer["kind"], answer["code"])
    assert outcome.after == answer.get("after")


def test_nothing_an_endpoint_answers_holds_our_account() -> None:
    kinds = {standard.classify(HttpResponse(status, {}, b"")).kind for status in range(100, 600)}
    assert kinds.isdisjoint({OutcomeKind.MISCONFIGURED, OutcomeKind.THROTTLED})


def test_the_body_says_what_when_and_with_which_data() -> None:
    request = standard.build(webhook(), ACCOUNT, NOW + timedelta(hours=3))
    assert json.loads(request.body) == {
        "type": "order.shipped",
        "timestamp": "2026-11-22T10:00:00.000Z",
        "data": {"order_id": "A-1"},
    }


def test_another_try_has_the_same_id_and_bytes_but_its_own_stamp_and_signature() -> None:
    one, two = (standard.build(webhook(), ACCOUNT, NOW + timedelta(hours=h)) for h in (0, 1))
    assert one.body == two.body
    assert one.headers["webhook-id"] == two.headers["webhook-id"] == str(DELIVERY)
    assert one.headers["webhook-timestamp"] != two.headers["webhook-timestamp"]
    assert one.headers["webhook-signature"] != two.headers["webhook-signature"]


def test_the_receivers_library_takes_the_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Webhook, "_Webhook__verify_timestamp", lambda self, header: NOW)
    request = standard.build(webhook(), ACCOUNT, NOW)
    assert Webhook(WEBHOOK_SECRET).verify(request.body, dict(request.headers))


def test_during_a_rotation_both_secrets_sign_and_afterwards_the_new_one() -> None:
    until = (NOW + timedelta(hours=24)).isoformat()
    secrets = [{"key": NEW, "until": None}, {"key": OLD, "until": until}]
    message = at({"url": URL, "secrets": secrets})
    during, after = (standard.build(message, ACCOUNT, NOW + timedelta(hours=h)) for h in (1, 25))
    assert len(during.headers["webhook-signature"].split()) == 2
    assert len(after.headers["webhook-signature"].split()) == 1


def test_somebody_elses_url_is_guarded_and_gets_its_time() -> None:
    request = standard.build(webhook(), ACCOUNT, NOW)
    assert (request.guarded, request.timeout) == (True, 15.0)
    assert request.endpoint == "hooks.example.com"
    assert "hooks.example.com/orders" not in repr(request)


@pytest.mark.parametrize(
    "address",
    [
        URL,
        "{",
        {"url": URL},
        {"url": 5, "secrets": []},
        {"url": URL, "secrets": []},
        {"url": URL, "secrets": ["whsec_x"]},
        {"url": URL, "secrets": [{"key": "short", "until": None}]},
        {"url": URL, "secrets": [{"key": NEW, "until": "soon"}]},
        {"url": URL, "secrets": [{"key": NEW, "until": "2026-11-22T09:00:00+00:00"}]},
        {"url": URL, "secrets": [{"key": NEW, "until": "2026-11-22T12:00:00"}]},
    ],
)
def test_what_is_no_endpoint_is_given_up(address: Any) -> None:
    with pytest.raises(BuildError) as refused:
        standard.build(at(address), ACCOUNT, NOW)
    assert refused.value.outcome.kind is OutcomeKind.BAD_RECIPIENT
    assert NEW not in refused.value.outcome.reason


def test_a_huge_body_is_refused_with_the_limit() -> None:
    message = webhook()
    huge = WebhookMessage(message.envelope, message.event, NOW, {"a": "x" * 70_000})
    with pytest.raises(MessageTooLarge, match="65536 bytes"):
        standard.build(huge, ACCOUNT, NOW)
