"""Receivers that nobody here wrote read our webhooks and web pushes: npm's libraries."""

import json
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from channels.base import HttpRequest
from channels.signatures import base64url, p256_private
from channels.standard_webhooks import headers
from channels.web_push import vapid
from notifyproj.core.clock import now
from tests.channels.samples import UA_AUTH, UA_PRIVATE, WEBHOOK_SECRET, account, p8, web_push

SCRIPT = Path(__file__).with_name("receiver.mjs")
SECONDS = 30
Receive = Callable[..., dict[str, Any]]
BODIES = [
    '{"a":1}',
    '{"name":"رضا \\u200c","to":"Müller 🎉"}',
    "{}",
    '{"x":"' + "y" * 60_000 + '"}',
]


@pytest.fixture
def receive(peer: Callable[[str], str]) -> Receive:
    """Returns `{"result": …}` or `{"error": …}` of a library."""
    node = peer("node")
    if not (SCRIPT.parent / "node_modules").exists():
        pytest.skip("the npm packages are not installed: `make integration` installs them")

    def run(library: str, **task: Any) -> dict[str, Any]:
        given = json.dumps({"library": library, **task})
        done = subprocess.run(
            [node, str(SCRIPT)],
            input=given,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run


@pytest.mark.parametrize("library", ["standardwebhooks", "svix"])
@pytest.mark.parametrize("body", BODIES)
def test_a_webhook_is_verified(receive: Receive, library: str, body: str) -> None:
    made = headers([WEBHOOK_SECRET], "msg_1", int(time.time()), body.encode())
    found = receive(library, secret=WEBHOOK_SECRET, headers=made, body=body)
    assert found == {"result": json.loads(body)}


@pytest.mark.parametrize("library", ["standardwebhooks", "svix"])
def test_a_webhook_that_was_changed_on_the_way_is_refused(receive: Receive, library: str) -> None:
    made = headers([WEBHOOK_SECRET], "msg_1", int(time.time()), b'{"a":1}')
    assert "error" in receive(library, secret=WEBHOOK_SECRET, headers=made, body='{"a":2}')


@pytest.mark.parametrize("library", ["standardwebhooks", "svix"])
def test_either_secret_of_a_rotation_verifies(receive: Receive, library: str) -> None:
    other = "whsec_" + b64encode(b"o" * 32).decode()
    made = headers([other, WEBHOOK_SECRET], "msg_1", int(time.time()), b"{}")
    for secret in (other, WEBHOOK_SECRET):
        assert receive(library, secret=secret, headers=made, body="{}") == {"result": {}}


@pytest.mark.parametrize("title", ["Order shipped", "سفارش شما", "注文 🎉" * 20])
def test_a_browser_reads_a_web_push(receive: Receive, title: str) -> None:
    body = b64encode(_push(title=title).body).decode()
    found = receive("push", private_key=UA_PRIVATE, auth=UA_AUTH, body=body)
    assert found["result"]["title"] == title


def test_a_push_service_verifies_our_token(receive: Receive) -> None:
    token = _push().headers["authorization"].removeprefix("vapid t=").partition(",")[0]
    found = receive("vapid", token=token, jwk=_jwk(), audience="https://fcm.googleapis.com")
    assert found["result"]["sub"] == "mailto:push@example.com"


def _push(**changes: Any) -> HttpRequest:
    return vapid.build(web_push(**changes), account("vapid"), now())


def _jwk() -> dict[str, str]:
    numbers = p256_private(p8()).public_key().public_numbers()
    assert isinstance(numbers, ec.EllipticCurvePublicNumbers)
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": base64url(numbers.x.to_bytes(32)),
        "y": base64url(numbers.y.to_bytes(32)),
    }
