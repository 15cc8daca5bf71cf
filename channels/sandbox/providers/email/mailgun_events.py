"""What Mailgun's webhooks tell about a message, signed with the account's signing key.

https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks (read 2026-11)
"""

import hashlib
import hmac
import json
import secrets
from datetime import datetime
from typing import Any

from channels.sandbox.kit.values import Callback, Post, Request
from channels.sandbox.providers.email import letters
from channels.sandbox.providers.email.letters import Letter, fate, told

DELIVERED: dict[str, Any] = {
    "event": "delivered",
    "delivery-status": {"code": 250, "message": "OK", "attempt-no": 1},
}
GONE = "5.1.1 The email account that you tried to reach does not exist"
STORIES: dict[str, tuple[dict[str, Any], ...]] = {
    letters.DELIVERED: (DELIVERED,),
    letters.BOUNCED: (
        {
            "event": "failed",
            "severity": "permanent",
            "reason": "bounce",
            "delivery-status": {"code": 550, "message": GONE, "attempt-no": 1},
        },
    ),
    letters.COMPLAINED: (DELIVERED, {"event": "complained"}),
    letters.SUPPRESSED: (
        {
            "event": "failed",
            "severity": "permanent",
            "reason": "suppress-bounce",
            "delivery-status": {"code": 605, "message": "Not delivering to previously bounced"},
        },
    ),
    letters.SOFT: (
        {
            "event": "failed",
            "severity": "permanent",
            "reason": "generic",
            "delivery-status": {"code": 602, "message": "Too old"},
        },
    ),
}
ACCEPTED = {"event": "accepted"}


def callback(request: Request, letter: Letter, message_id: str) -> Callback | None:
    url = str(request.account.settings.get("callback_url") or "")
    key = request.account.credentials.get("webhook_signing_key", "")
    if not (url and key):
        return None
    common = {
        "recipient": letter.to,
        "user-variables": dict(letter.tags),
        "message": {"headers": {"message-id": message_id, "to": letter.to}},
        "tags": [],
    }
    story = (ACCEPTED, *STORIES[fate(letter.to, request.fault)])
    steps = [lambda now, event=event: _post({**common, **event}, key, now) for event in story]
    return told(url, steps)


def _post(event: dict[str, Any], key: str, now: datetime) -> Post:
    stamp, token = str(int(now.timestamp())), secrets.token_hex(25)
    digest = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    body = {
        "signature": {"timestamp": stamp, "token": token, "signature": digest},
        "event-data": {**event, "id": secrets.token_urlsafe(16), "timestamp": now.timestamp()},
    }
    headers = {"Content-Type": "application/json", "User-Agent": "mailgun/treq-20.9.0"}
    return Post(headers, json.dumps(body).encode())
