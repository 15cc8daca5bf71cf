"""Amazon SNS mobile push: to the endpoint that SNS keeps for a device of a platform application.

https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-application-as-subscriber.html (read 2026-11)

A contact point's address is the endpoint's ARN, which the app's own backend has created: it names
the platform, so one account serves iPhones and Android phones of one app. SNS itself disables the
endpoint of a dead device, and refuses the next message to it: no topic of failures is listened to.
"""

import re
from datetime import datetime
from typing import Any

from channels.aws.sns_publish import CODES, classify, publish
from channels.aws.sns_publish import FIELDS as KEYS
from channels.base import (
    Account,
    BuildError,
    Channel,
    Event,
    Field,
    HttpRequest,
    InboundRequest,
    Outcome,
    OutcomeKind,
)
from channels.messages import PushMessage
from channels.push import fcm_payload as firebase
from channels.push import payload as apple
from channels.push.payload import collapse_id, encode

__all__ = (
    "CHANNEL",
    "CODES",
    "FIELDS",
    "address_problem",
    "build",
    "classify",
    "parse_events",
    "verify",
)

CHANNEL = Channel.PUSH
FIELDS: tuple[Field, ...] = (
    *KEYS,
    Field("topic", "Topic", required=False, help="The iOS app's bundle id", setting=True),
)
ARN = re.compile(
    r"arn:aws(?:-[a-z-]+)?:sns:(?P<region>[a-z0-9-]{5,30}):\d{12}:endpoint/"
    r"(?P<platform>APNS|APNS_SANDBOX|GCM)/[\w.-]{1,256}/[\w-]{1,64}",
    re.ASCII,
)
MAX_TTL = 2_419_200  # seconds: four weeks
NO_ARN = "Not the ARN of an endpoint at Amazon SNS"


def address_problem(address: str) -> str:
    """What is wrong with an address that is registered; "" for none."""
    return "" if ARN.fullmatch(address) else f"{NO_ARN}: arn:aws:sns:…:endpoint/GCM/app/id."


def build(message: PushMessage, account: Account, now: datetime) -> HttpRequest:
    address = message.envelope.address
    arn = ARN.fullmatch(address)
    if arn is None:
        raise BuildError(Outcome(OutcomeKind.REJECTED, NO_ARN, "bad_address"))
    if arn["region"] != account.settings.get("region"):
        reason = "The device's endpoint is in another region than the account"
        raise BuildError(Outcome(OutcomeKind.REJECTED, reason, "other_region"))
    platform = arn["platform"]
    make, attributes = (_android, _fcm) if platform == "GCM" else (_apple, _apns)
    texts = {"default": message.body or message.title, platform: make(message, now)}
    fields = {
        "TargetArn": address,
        "MessageStructure": "json",
        "Message": encode(texts).decode(),
    }
    return publish(account, now, fields, attributes(message, account, now, platform))


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    return False


def parse_events(request: InboundRequest) -> list[Event]:
    return []


def _apple(message: PushMessage, now: datetime) -> str:
    return apple.payload(message).decode()


def _android(message: PushMessage, now: datetime) -> str:
    made = firebase.parts(message, now)
    inner: dict[str, Any] = {"data": made.data, "android": made.android}
    if made.notification:
        inner["notification"] = made.notification
    value = {"fcmV1Message": {"validate_only": False, "message": inner}}
    return encode(value).decode()


def _apns(message: PushMessage, account: Account, now: datetime, platform: str) -> dict[str, str]:
    envelope, name = message.envelope, "AWS.SNS.MOBILE.APNS"
    attributes = {
        f"{name}.PUSH_TYPE": apple.push_type(message),
        f"{name}.PRIORITY": apple.priority(message),
        f"AWS.SNS.MOBILE.{platform}.TTL": _ttl(message, now),
    }
    if account.settings.get("topic"):
        attributes[f"{name}.TOPIC"] = str(account.settings["topic"])
    if envelope.collapse_key:
        attributes[f"{name}.COLLAPSE_ID"] = collapse_id(envelope.collapse_key)
    return attributes


def _fcm(message: PushMessage, account: Account, now: datetime, platform: str) -> dict[str, str]:
    return {"AWS.SNS.MOBILE.FCM.TTL": str(firebase.ttl(message, now))}


def _ttl(message: PushMessage, now: datetime) -> str:
    seconds = int((message.envelope.expires_at - now).total_seconds())
    return str(min(max(seconds, 0), MAX_TTL))
