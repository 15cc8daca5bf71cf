"""What SES tells about a message through SNS, signed.

The key it signs with is kept with the account, as `sandbox_private_key`, and its certificate in
the setting `signing_certificate`; the real one is Amazon's.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html
(read 2026-11)
"""

import json
from base64 import b64encode
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from channels.sandbox.kit.values import Callback, Post, Request
from channels.sandbox.providers.email import letters
from channels.sandbox.providers.email.letters import Letter, fate, told

STORIES = {
    letters.DELIVERED: ("Send", "Delivery"),
    letters.BOUNCED: ("Send", "Bounce/Permanent/General"),
    letters.COMPLAINED: ("Send", "Delivery", "Complaint"),
    letters.SUPPRESSED: ("Send", "Bounce/Permanent/OnAccountSuppressionList"),
    letters.SOFT: ("Send", "Delivery", "Bounce/Transient/General"),
}
GONE = {"action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}


def callback(
    request: Request, letter: Letter, message_id: str, configuration_set: str
) -> Callback | None:
    settings, key = request.account.settings, request.account.credentials
    url, topic = str(settings.get("callback_url") or ""), str(settings.get("topic_arn") or "")
    secret = key.get("sandbox_private_key", "")
    if not (url and topic and secret):
        return None
    mail = {
        "timestamp": _written(request.now),
        "messageId": message_id,
        "source": letter.sender,
        "destination": [letter.to],
        "tags": {
            "ses:configuration-set": [configuration_set],
            **{name: [value] for name, value in letter.tags.items()},
        },
    }
    certificate = f"{request.account.endpoint}/certificate.pem"

    def made(now: datetime, event: str) -> Post:
        said = json.dumps(_event(event, letter, mail, now))
        return _signed(said, topic.split()[0], secret, certificate, now)

    story = STORIES[fate(letter.to, request.fault)]
    steps = [lambda now, event=event: made(now, event) for event in story]
    return told(url, steps)


def _event(event: str, letter: Letter, mail: dict[str, Any], now: datetime) -> dict[str, Any]:
    name, _, types = event.partition("/")
    at = {"timestamp": _written(now)}
    person = {"emailAddress": letter.to}
    if name == "Bounce":
        kind, _, sub = types.partition("/")
        who = [{**person, **(GONE if sub == "General" and kind == "Permanent" else {})}]
        details = {"bounceType": kind, "bounceSubType": sub, "bouncedRecipients": who, **at}
    elif name == "Complaint":
        details = {"complainedRecipients": [person], "complaintFeedbackType": "abuse", **at}
    elif name == "Delivery":
        details = {"recipients": [letter.to], "smtpResponse": "250 2.0.0 OK", **at}
    else:
        details = {}
    return {"eventType": name, "mail": mail, name.lower(): details}


def _signed(message: str, topic: str, secret: str, certificate: str, now: datetime) -> Post:
    envelope = {
        "Type": "Notification",
        "MessageId": str(uuid4()),
        "TopicArn": topic,
        "Subject": "Amazon SES Email Event Notification",
        "Message": message,
        "Timestamp": _written(now),
    }
    text = "".join(f"{name}\n{envelope[name]}\n" for name in sorted(envelope))
    signature = _key(secret).sign(text.encode(), padding.PKCS1v15(), SHA256())
    envelope |= {"SignatureVersion": "2", "Signature": b64encode(signature).decode()}
    headers = {
        "Content-Type": "text/plain; charset=UTF-8",
        "User-Agent": "Amazon Simple Notification Service Agent",
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-topic-arn": topic,
    }
    return Post(headers, json.dumps({**envelope, "SigningCertURL": certificate}).encode())


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


@lru_cache(maxsize=16)
def _key(pem: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("not an RSA key")
    return key
