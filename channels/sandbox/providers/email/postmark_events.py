"""What Postmark's webhooks tell about a message, each request with the login of the webhook.

https://postmarkapp.com/developer/webhooks/webhooks-overview (read 2026-11)
"""

import json
from base64 import b64encode
from datetime import datetime
from functools import partial
from typing import Any

from channels.sandbox.kit.values import Callback, Post, Request
from channels.sandbox.providers.email import letters
from channels.sandbox.providers.email.letters import Letter, fate, told

DELIVERED: dict[str, Any] = {"RecordType": "Delivery", "Details": "250 OK"}
GONE = "smtp;550 5.1.1 The email account that you tried to reach does not exist."
FULL = "smtp;552 5.2.2 The mailbox is full."
# Which field says when, and which names the person, by the kind of record.
TIMES = {"Delivery": "DeliveredAt", "SubscriptionChange": "ChangedAt"}
PEOPLE = ("Delivery", "SubscriptionChange")


def _bounce(type_: str, code: int, details: str) -> dict[str, Any]:
    own = {"RecordType": "Bounce", "Type": type_, "TypeCode": code, "Details": details}
    return {**own, "ID": 4_323_372_036_854_775_807, "Inactive": type_ == "HardBounce"}


def _listed(reason: str, origin: str) -> dict[str, Any]:
    own = {"RecordType": "SubscriptionChange", "SuppressSending": True}
    return {**own, "SuppressionReason": reason, "Origin": origin}


STORIES: dict[str, tuple[dict[str, Any], ...]] = {
    letters.DELIVERED: (DELIVERED,),
    letters.BOUNCED: (_bounce("HardBounce", 1, GONE), _listed("HardBounce", "Recipient")),
    letters.COMPLAINED: (
        DELIVERED,
        {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 100_001},
    ),
    letters.SUPPRESSED: (_listed("ManualSuppression", "Customer"),),
    letters.SOFT: (_bounce("SoftBounce", 4096, FULL),),
}


def callback(request: Request, letter: Letter, message_id: str) -> Callback | None:
    url = str(request.account.settings.get("callback_url") or "")
    login = request.account.credentials.get("webhook_login", "")
    if not (url and login):
        return None
    common = {
        "MessageID": message_id,
        "MessageStream": "outbound",
        "ServerID": 23,
        "Tag": "",
        "Metadata": dict(letter.tags),
    }
    steps = [
        partial(_post, {**common, **record}, letter.to, login)
        for record in STORIES[fate(letter.to, request.fault)]
    ]
    return told(url, steps)


def _post(record: dict[str, Any], to: str, login: str, now: datetime) -> Post:
    kind = record["RecordType"]
    who = "Recipient" if kind in PEOPLE else "Email"
    when = TIMES.get(kind, "BouncedAt")
    body = {**record, who: to, when: f"{now:%Y-%m-%dT%H:%M:%S.%f}0Z"}
    headers = {
        "Authorization": "Basic " + b64encode(login.encode()).decode(),
        "Content-Type": "application/json",
        "User-Agent": "Postmark",
    }
    return Post(headers, json.dumps(body).encode())
