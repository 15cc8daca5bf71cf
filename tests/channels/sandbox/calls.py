"""One request over a plain socket's HTTP client, and good requests to begin with."""

import http.client
import json
import time
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt

from channels.base import Account
from channels.sandbox.providers.push.fcm_token import GRANT
from tests.channels.sandbox.conftest import KEY, SECRET, SENDER, SID, TEAM, TOPIC, p256, rsa_key

Reply = tuple[int, dict[str, str], bytes]
DEVICE = "ab" * 32


def call(
    method: str, url: str, headers: dict[str, str], body: bytes = b"", timeout: float = 10
) -> Reply:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read()
    finally:
        connection.close()


def apns_token(*, age: float = 0, kid: str = KEY, iss: str = TEAM, key: str = "") -> str:
    claims = {"iss": iss, "iat": int(time.time() - age)}
    return jwt.encode(claims, key or p256(), "ES256", headers={"kid": kid})


def push(
    account: Account,
    headers: dict[str, str | None] | None = None,
    body: bytes | None = None,
    path: str = f"/3/device/{DEVICE}",
    method: str = "POST",
    timeout: float = 10,
) -> Reply:
    """A good push to APNs but for what is given; a header that is None is left out."""
    good = {
        "authorization": f"bearer {apns_token()}",
        "apns-topic": TOPIC,
        "apns-push-type": "alert",
        "apns-id": "0192f0c1-2b3c-7d4e-8f50-112233445566",
    }
    sent = {name: value for name, value in {**good, **(headers or {})}.items() if value is not None}
    payload = b'{"aps":{"alert":{"title":"Hello","body":"World"}}}' if body is None else body
    return call(method, account.endpoint + path, sent, payload, timeout)


def assertion(**changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": "sender@shop.iam.gserviceaccount.com",
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "aud": "https://oauth2.googleapis.com/token",
        "iat": now,
        "exp": now + 3600,
    }
    return jwt.encode({**claims, **changes}, rsa_key(), "RS256")


def ask_token(account: Account, signed: str, grant: str = GRANT) -> Reply:
    form = urlencode({"grant_type": grant, "assertion": signed}).encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return call("POST", f"{account.endpoint}/token", kind, form)


def send_fcm(
    account: Account,
    message: dict[str, Any] | None = None,
    project: str = "shop",
    token: str | None = None,
    body: bytes | None = None,
    timeout: float = 10,
) -> Reply:
    """A good message to FCM but for what is given."""
    if token is None:
        token = json.loads(ask_token(account, assertion())[2])["access_token"]
    good = {"token": "device-token-1", "notification": {"title": "Hello", "body": "World"}}
    content = json.dumps({"message": {**good, **(message or {})}}).encode()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    url = f"{account.endpoint}/v1/projects/{project}/messages:send"
    return call("POST", url, headers, content if body is None else body, timeout)


def basic(user: str = SID, secret: str = SECRET) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{user}:{secret}".encode()).decode()}


def text(
    account: Account,
    form: dict[str, str | None] | None = None,
    headers: dict[str, str] | None = None,
    sid: str = SID,
    timeout: float = 10,
) -> Reply:
    """A good SMS to Twilio but for what is given; a field that is None is left out."""
    fields = {"To": "+14155550100", "From": SENDER, "Body": "Hello", **(form or {})}
    body = urlencode({name: value for name, value in fields.items() if value is not None}).encode()
    sent = {**basic(), "content-type": "application/x-www-form-urlencoded", **(headers or {})}
    url = f"{account.endpoint}/2010-04-01/Accounts/{sid}/Messages.json"
    return call("POST", url, sent, body, timeout)
