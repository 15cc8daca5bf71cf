"""Each provider's simulator takes marketing with its way out, and shows it."""

import json
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest

from channels.base import Account, Channel, Envelope, HttpRequest, OutcomeKind
from channels.compose import compose
from channels.registry import adapter
from channels.sandbox.models import Received
from channels.way_out import WayOut
from tests.channels.conftest import Send
from tests.channels.samples import DELIVERY, ENDPOINT_ARN
from tests.channels.sandbox.conftest import Sandbox
from tests.channels.sandbox.conftest import sandbox as sandbox  # a fixture
from tests.channels.sandbox.test_addressed import address, failed

pytestmark = pytest.mark.django_db

URL = "https://notify.example.com"
WAY_OUT = WayOut(f"{URL}/u/one", f"{URL}/p/two", "Unsubscribe", "Change what you get")
PARTS = {"title": "Offers", "body": "Half price", "json": '{"percent": 50}', "text": "Offers"}
DEVICES = {"apns": "ab12" * 16, "fcm": "device-token-1", "sns_push": ENDPOINT_ARN}


def built(account: Account) -> HttpRequest:
    now = datetime.now(UTC)
    to = DEVICES.get(account.kind) or address(account)
    until = now + timedelta(hours=1)
    message = compose(
        Channel(account.channel), Envelope(str(DELIVERY), 1, to, until, way_out=WAY_OUT), PARTS
    )
    request = adapter(account.kind).build(message, account, now)
    assert isinstance(request, HttpRequest)
    return request


def arrived(account: Account) -> Received:
    """It is written within 0.1 s; asking for a token is another request."""
    for _ in range(100):
        rows = Received.objects.filter(account=account.slug, delivery_id=str(DELIVERY))
        if (row := rows.first()) is not None:
            return row
        time.sleep(0.05)
    raise AssertionError(f"nothing arrived at {account.slug}")


@pytest.mark.parametrize("kind", ["apns", "fcm", "sns_push", "vapid", "webhook", "slack"])
def test_marketing_arrives_with_its_way_out(sandbox: Sandbox, send: Send, kind: str) -> None:
    account = sandbox.account(kind)

    outcome, _ = send(account, adapter(kind), built(account))

    assert outcome.kind in (OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED)
    row = arrived(account)
    assert (row.accepted, failed(row)) == (True, [])
    shown = json.dumps(row.message) + unquote(row.raw)  # SNS takes a form
    assert all(url in shown for url in WAY_OUT.data.values())
