"""Events of Amazon SES, as SNS posts them.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
(read 2026-11)
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.answers import json_object
from channels.aws import sns_message
from channels.base import Account, Event, EventKind, HttpRequest, InboundRequest
from channels.email.events import REASONS, digest, enhanced_code, moment, ours, text

MOST = 50  # recipients of one message

# (where its particulars are, what it means)
EVENTS = {
    "Send": ("send", EventKind.SENT),
    "Delivery": ("delivery", EventKind.DELIVERED),
    "DeliveryDelay": ("deliveryDelay", EventKind.DEFERRED),
    "Bounce": ("bounce", EventKind.BOUNCED_SOFT),
    "Complaint": ("complaint", EventKind.COMPLAINED),
    "Reject": ("reject", EventKind.FAILED),
    "Rendering Failure": ("failure", EventKind.FAILED),
    "Open": ("open", EventKind.OPENED),
    "Click": ("click", EventKind.CLICKED),
    "Subscription": ("subscription", EventKind.UNSUBSCRIBED),
}
# (bounceType, bounceSubType); others are soft: SES has given up, but the address may be good.
BOUNCES = {
    ("Permanent", "General"): EventKind.BOUNCED_HARD,
    ("Permanent", "NoEmail"): EventKind.BOUNCED_HARD,
    ("Permanent", "Suppressed"): EventKind.SUPPRESSED,
    ("Permanent", "OnAccountSuppressionList"): EventKind.SUPPRESSED,
}
RECIPIENTS = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients"}
RECIPIENTS |= {"deliveryDelay": "delayedRecipients"}


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    """Of a topic we know: anybody can point a topic of their own at us, well signed by AWS.

    The pinned certificate, where there is one, is the only one that counts.
    """
    message = sns_message.read(request.body)
    if not is_expected(request, account):
        return False
    certificate = str(account.settings.get("signing_certificate") or request.certificate)
    return sns_message.is_genuine(message, certificate, now)


def is_expected(request: InboundRequest, account: Account) -> bool:
    return sns_message.read(request.body).get("TopicArn") in _topics(account)


def certificate_url(request: InboundRequest) -> str | None:
    return sns_message.certificate_url(sns_message.read(request.body))


def confirmation(request: InboundRequest, account: Account, now: datetime) -> HttpRequest | None:
    if not is_expected(request, account):
        return None
    return sns_message.confirm(sns_message.read(request.body), account, now)


def parse_events(request: InboundRequest) -> list[Event]:
    """A message, or an event of it, for each recipient it names; we send to one at a time."""
    envelope = sns_message.read(request.body)
    if envelope.get("Type") != sns_message.NOTIFICATION:
        return []
    said = json_object(envelope.get("Message", "").encode("utf-8", "replace"))
    name = said.get("eventType") or said.get("notificationType")
    if not isinstance(name, str):
        return []  # such as "Successfully validated SNS topic for Amazon SES event publishing."
    where, kind = EVENTS.get(name, ("", EventKind.UNKNOWN))
    details, mail = _object(said, where), _object(said, "mail")
    kind, code = _meaning(kind, name, details)
    people = _addresses(details.get(RECIPIENTS.get(where, ""))) or _addresses(
        mail.get("destination")
    )
    delivery_id, attempt = ours(_tag(mail, "delivery"), _tag(mail, "attempt"))
    message_id = envelope.get("MessageId", "")
    return [
        Event(
            dedupe_key=f"{message_id[:60]}:{digest(message_id, address)}",
            kind=kind,
            at=moment(details.get("timestamp")) or moment(mail.get("timestamp")),
            delivery_id=delivery_id,
            attempt=attempt,
            provider_id=text(mail.get("messageId")),
            reason=REASONS.get(kind, ""),
            code=code or _status(details, address),
            address=address,
        )
        for address in people or [""]
    ]


def _meaning(kind: EventKind, name: str, details: Mapping[str, Any]) -> tuple[EventKind, str]:
    """(kind, code); the code of a bounce is its recipient's, unless its sub-type says more."""
    if kind is EventKind.BOUNCED_SOFT:
        types = (text(details.get("bounceType")), text(details.get("bounceSubType")))
        found = BOUNCES.get(types, kind)
        return found, "" if found is EventKind.BOUNCED_HARD else "/".join(types)[:64]
    if kind is EventKind.COMPLAINED:
        return _complaint(details)
    if kind is EventKind.DEFERRED:
        return kind, text(details.get("delayType"), 64)
    if kind is EventKind.UNSUBSCRIBED and not _opted_out(_object(details, "newTopicPreferences")):
        kind = EventKind.UNKNOWN
    return kind, name[:64] if kind in (EventKind.FAILED, EventKind.UNKNOWN) else ""


def _opted_out(preferences: Mapping[str, Any]) -> bool:
    topics = _list(preferences.get("topicSubscriptionStatus"))
    left = [t for t in topics if isinstance(t, dict) and t.get("subscriptionStatus") == "OptOut"]
    return preferences.get("unsubscribeAll") is True or bool(left)


def _complaint(details: Mapping[str, Any]) -> tuple[EventKind, str]:
    if details.get("complaintSubType") == "OnAccountSuppressionList":
        return EventKind.SUPPRESSED, "OnAccountSuppressionList"
    feedback = text(details.get("complaintFeedbackType"), 64)
    if feedback == "not-spam":
        return EventKind.UNKNOWN, feedback  # the opposite of a complaint
    return EventKind.COMPLAINED, feedback


def _status(details: Mapping[str, Any], address: str) -> str:
    for key in RECIPIENTS.values():
        for person in _list(details.get(key)):
            if isinstance(person, dict) and person.get("emailAddress") == address:
                return enhanced_code(person.get("status"), person.get("diagnosticCode"))
    return ""


def _topics(account: Account) -> list[str]:
    return str(account.settings.get("topic_arn") or "").replace(",", " ").split()


def _object(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def _list(found: Any) -> list[Any]:
    return found[:MOST] if isinstance(found, list) else []


def _addresses(found: Any) -> list[str]:
    each = [item.get("emailAddress") if isinstance(item, dict) else item for item in _list(found)]
    return list(dict.fromkeys(text(address) for address in each if address))


def _tag(mail: Mapping[str, Any], name: str) -> Any:
    return next(iter(_list(_object(mail, "tags").get(name))), None)
