"""What SendGrid's Event Webhook posts about a message, signed.

The key it signs with is kept with the account, as `sandbox_private_key`; of the real one, only
SendGrid has it.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event (read 2026-11)
"""

import json
from base64 import b64encode
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from channels.sandbox.kit.values import Callback, Post, Request
from channels.sandbox.providers.email import letters
from channels.sandbox.providers.email.letters import Letter, fate, told

SENT: dict[str, Any] = {"event": "processed"}
DELIVERED: dict[str, Any] = {"event": "delivered", "response": "250 OK"}
GONE = "550 5.1.1 The email account that you tried to reach does not exist"
BLOCKED = "554 5.7.1 The message was refused by policy"
STORIES: dict[str, tuple[dict[str, Any], ...]] = {
    letters.DELIVERED: (SENT, DELIVERED),
    letters.BOUNCED: (
        SENT,
        {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": GONE},
    ),
    letters.COMPLAINED: (SENT, DELIVERED, {"event": "spamreport"}),
    letters.SUPPRESSED: ({"event": "dropped", "reason": "Bounced Address"},),
    letters.SOFT: (
        SENT,
        {"event": "bounce", "type": "blocked", "status": "5.7.1", "reason": BLOCKED},
    ),
}


def callback(request: Request, letter: Letter, message_id: str) -> Callback | None:
    url = str(request.account.settings.get("callback_url") or "")
    key = request.account.credentials.get("sandbox_private_key", "")
    if not (url and key):
        return None
    story = STORIES[fate(letter.to, request.fault)]
    common = {
        **letter.tags,
        "email": letter.to,
        "sg_message_id": f"{message_id}.recvd-1-1",
        "smtp-id": letter.headers.get("Message-ID", ""),
    }
    steps = [lambda now, event=event: _post({**common, **event}, key, now) for event in story]
    return told(url, steps)


def _post(event: dict[str, Any], key: str, now: datetime) -> Post:
    stamp = str(int(now.timestamp()))
    own = {"timestamp": int(stamp), "sg_event_id": uuid4().hex}
    body = json.dumps([{**event, **own}]).encode()
    signature = _key(key).sign(stamp.encode() + body, ec.ECDSA(SHA256()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "SendGrid Event API",
        "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        "X-Twilio-Email-Event-Webhook-Signature": b64encode(signature).decode(),
    }
    return Post(headers, body)


@lru_cache(maxsize=16)
def _key(pem: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("not an EC key")
    return key
