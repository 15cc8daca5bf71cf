"""What goes to URLs that somebody else gave: browsers, webhooks, Slack. By the real adapters and
the real transport, or by hand where the sender is wrong."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from channels.base import Account, Channel, Envelope, HttpRequest, OutcomeKind
from channels.compose import compose
from channels.registry import adapter
from channels.sandbox.models import Received
from tests.channels.conftest import Send
from tests.channels.samples import DELIVERY
from tests.channels.sandbox.calls import call
from tests.channels.sandbox.conftest import WEBHOOK_SECRET, Sandbox, other_p256, received
from tests.channels.sandbox.conftest import sandbox as sandbox  # a fixture

pytestmark = pytest.mark.django_db

PARTS = {
    "title": "Order shipped",
    "body": "It is on its way 📦",
    "link": "https://x.example/o/1",
    "icon": "https://x.example/i.png",
    "json": '{"order": {"id": "A-1"}}',
    "event": "order.shipped",
    "text": "Order <A-1> & more",
    "blocks": '[{"type": "divider"}]',
}
WAITING = OutcomeKind.RETRY
EXPECTED = {
    "throttle": dict.fromkeys(("vapid", "webhook", "slack"), WAITING),
    "error": dict.fromkeys(("vapid", "webhook", "slack"), WAITING),
    "html": dict.fromkeys(("vapid", "webhook", "slack"), WAITING),
    "dead_token": dict.fromkeys(("vapid", "webhook", "slack"), OutcomeKind.BAD_RECIPIENT),
    "bad_auth": {
        "vapid": OutcomeKind.RETRY,  # one push service's word: the others go on
        "webhook": WAITING,
        "slack": OutcomeKind.BAD_RECIPIENT,
    },
    # Whether it came through is in doubt, but a webhook's receiver knows it by its id.
    "hang": {
        "vapid": OutcomeKind.UNCERTAIN,
        "webhook": WAITING,
        "slack": OutcomeKind.UNCERTAIN,
    },
}


def subscribe(account: Account) -> dict[str, Any]:
    key = adapter("vapid").public_key(account)  # type: ignore[attr-defined]
    body = json.dumps({"applicationServerKey": key}).encode()
    status, headers, answer = call("POST", f"{account.endpoint}/subscribe", {}, body)
    assert (status, headers["access-control-allow-origin"]) == (201, "*")
    found: dict[str, Any] = json.loads(answer)
    return found


def address(account: Account, *secrets: str) -> str:
    if account.kind == "vapid":
        given = subscribe(account)
        return json.dumps({"endpoint": given["endpoint"], **given["keys"]})
    if account.kind == "webhook":
        keys = [{"key": key, "until": None} for key in secrets or (WEBHOOK_SECRET,)]
        return json.dumps({"url": f"{account.endpoint}/orders", "secrets": keys})
    return f"{account.endpoint}/services/T0/B0/x"


def built(account: Account, *secrets: str, **changes: Any) -> HttpRequest:
    now = datetime.now(UTC)
    to = Envelope(
        str(DELIVERY), 1, address(account, *secrets), now + timedelta(hours=1), collapse_key="a-1"
    )
    message = compose(Channel(account.channel), to, PARTS)
    request = adapter(account.kind).build(message, account, now)
    assert isinstance(request, HttpRequest)
    return replace(request, **changes)


def failed(row: Received) -> list[str]:
    return [check["name"] for check in row.checks if not check["passed"]]


@pytest.mark.parametrize("kind", ["vapid", "webhook", "slack"])
def test_a_simulator_takes_what_the_adapter_sends(sandbox: Sandbox, send: Send, kind: str) -> None:
    account = sandbox.account(kind)
    outcome, _ = send(account, adapter(kind), built(account))
    assert outcome.kind in (OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED)
    newest = latest(account)
    assert (newest.accepted, failed(newest), newest.delivery_id) == (True, [], str(DELIVERY))


@pytest.mark.parametrize("fault", EXPECTED)
@pytest.mark.parametrize("kind", ["vapid", "webhook", "slack"])
def test_a_fault_is_understood(sandbox: Sandbox, send: Send, kind: str, fault: str) -> None:
    account = sandbox.account(kind)
    sandbox.fault(account, fault)
    outcome, _ = send(account, adapter(kind), built(account, timeout=1.0))
    assert outcome.kind is EXPECTED[fault][kind]


def test_the_browser_reads_what_was_encrypted_for_it(sandbox: Sandbox, send: Send) -> None:
    account = sandbox.account("vapid")
    send(account, adapter("vapid"), built(account))
    message = latest(account).message
    assert (message["title"], message["body"]) == ("Order shipped", "It is on its way 📦")
    assert message["link"] == "https://x.example/o/1"


def test_a_subscription_of_another_key_says_so(sandbox: Sandbox, send: Send) -> None:
    """As after a change of the VAPID key, which ends every subscription."""
    account = sandbox.account("vapid")
    request = built(account)
    other = replace(account, credentials={"private_key": other_p256()})
    stranger = built(other)
    headers = {**request.headers, "authorization": stranger.headers["authorization"]}
    swapped = replace(request, headers=headers)
    outcome, _ = send(account, adapter("vapid"), swapped)
    assert (outcome.kind, outcome.code) == (OutcomeKind.BAD_RECIPIENT, "VapidPkHashMismatch")


@pytest.mark.parametrize(
    ("headers", "check", "status"),
    [
        ({"ttl": ""}, "TTL", 400),
        ({"ttl": "soon"}, "TTL", 400),
        ({"urgency": "very"}, "Urgency", 400),
        ({"topic": "a" * 33}, "Topic", 400),
        ({"topic": "aaaaa"}, "Topic", 400),
        ({"content-encoding": "aesgcm"}, "Content-Encoding", 400),
        ({"authorization": "vapid"}, "VAPID given", 401),
    ],
)
def test_the_push_service_looks_at_the_headers(
    sandbox: Sandbox, headers: dict[str, str], check: str, status: int
) -> None:
    account = sandbox.account("vapid")
    request = built(account)
    found, _, _ = call("POST", request.url, {**request.headers, **headers}, request.body)
    assert found == status
    assert failed(latest(account)) == [check]


@pytest.mark.parametrize(
    ("claims", "check"),
    [
        ({"aud": "https://elsewhere.example"}, "VAPID aud"),
        ({"exp": 0}, "VAPID exp"),
        ({"exp": time.time() + 100_000}, "VAPID exp"),
        ({"exp": "soon"}, "VAPID exp"),
        ({"sub": "mailto: <a@b>"}, "VAPID sub"),
        ({"sub": "mailto:a@localhost"}, "VAPID sub"),
    ],
)
def test_the_push_service_looks_at_the_token(
    sandbox: Sandbox, claims: dict[str, Any], check: str
) -> None:
    account = sandbox.account("vapid")
    request = built(account)
    origin = account.endpoint.rpartition("/")[0]
    good = {"aud": origin, "exp": int(time.time()) + 3600, "sub": "mailto:push@example.com"}
    token = jwt.encode({**good, **claims}, account.credentials["private_key"], "ES256")
    key = request.headers["authorization"].rpartition("k=")[2]
    headers = {**request.headers, "authorization": f"vapid t={token}, k={key}"}
    assert call("POST", request.url, headers, request.body)[0] == 401
    assert failed(latest(account)) == [check]


def test_a_body_no_browser_can_read_is_taken_and_remarked(sandbox: Sandbox) -> None:
    account = sandbox.account("vapid")
    request = built(account)
    body = request.body[:-1] + bytes([request.body[-1] ^ 1])
    assert call("POST", request.url, dict(request.headers), body)[0] == 201
    assert failed(latest(account)) == ["the browser can decrypt it"]


def test_a_subscription_nobody_made_does_not_exist(sandbox: Sandbox) -> None:
    account = sandbox.account("vapid")
    request = built(account)
    url = f"{account.endpoint}/push/unknown"
    assert call("POST", url, dict(request.headers), request.body)[0] == 404


@pytest.mark.parametrize("body", [b"", b"{}", b'{"applicationServerKey": "short"}'])
def test_subscribing_takes_a_key(sandbox: Sandbox, body: bytes) -> None:
    account = sandbox.account("vapid")
    assert call("POST", f"{account.endpoint}/subscribe", {}, body)[0] == 400


def test_a_receiver_refuses_another_endpoints_signature(sandbox: Sandbox, send: Send) -> None:
    account = sandbox.account("webhook")
    other = "whsec_" + "B" * 32
    outcome, _ = send(account, adapter("webhook"), built(account, other))
    assert outcome.code == "http_401"
    assert failed(latest(account)) == ["signature"]


def test_a_receiver_knows_either_secret_of_a_rotation(sandbox: Sandbox, send: Send) -> None:
    account = sandbox.account("webhook")
    request = built(account, "whsec_" + "B" * 32, WEBHOOK_SECRET)
    assert send(account, adapter("webhook"), request)[0].kind is OutcomeKind.DELIVERED


def test_a_slack_message_is_shown_as_people_read_it(sandbox: Sandbox, send: Send) -> None:
    account = sandbox.account("slack")
    send(account, adapter("slack"), built(account))
    assert latest(account).message == {"kind": "slack", "text": "Order <A-1> & more"}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"no", "invalid_payload"),
        (b'{"a": 1}', "no_text"),
        (b'{"text": "x", "blocks": [1]}', "invalid_blocks"),
    ],
)
def test_slack_answers_with_a_word(sandbox: Sandbox, body: bytes, word: str) -> None:
    account = sandbox.account("slack")
    status, _, answer = call("POST", f"{account.endpoint}/services/T0/B0/x", {}, body)
    assert (status, answer.decode()) == (400, word)


def latest(account: Account) -> Received:
    """The newest message of the account; subscribing is none."""
    for _ in range(100):
        rows = Received.objects.filter(account=account.slug).exclude(raw__contains="/subscribe")
        if (row := rows.order_by("-pk").first()) is not None:
            return row
        time.sleep(0.05)
    return received(account)
