"""Amazon SNS, SMS to a number.

https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html (read 2026-11)

SNS calls nobody back about an SMS: what became of one stands in CloudWatch only.
"""

import re
from datetime import datetime

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
    Lane,
    MessageTooLarge,
    Outcome,
    OutcomeKind,
)
from channels.messages import SmsMessage
from channels.sms.recipient import number_of
from channels.sms.senders import is_on, sender
from channels.sms_parts import estimate, prepared

__all__ = ("CHANNEL", "CODES", "FIELDS", "build", "classify", "parse_events", "verify")

CHANNEL = Channel.SMS
FIELDS: tuple[Field, ...] = (
    *KEYS,
    Field(
        name="from",
        label="Sender",
        secret=False,
        required=False,
        help="A number of yours, or 3-11 letters",
        setting=True,
    ),
    Field(
        name="senders",
        label="Senders by country",
        secret=False,
        required=False,
        help="US=+14155550100, AT=SHOP",
        setting=True,
    ),
    Field(
        name="max_price",
        label="Highest price",
        secret=False,
        required=False,
        help="US dollars for one SMS",
        setting=True,
    ),
    Field(
        name="entity_id",
        label="Entity id",
        secret=False,
        required=False,
        help="India (DLT)",
        setting=True,
    ),
    Field(
        name="template_id",
        label="Template id",
        secret=False,
        required=False,
        help="India (DLT)",
        setting=True,
    ),
    Field(
        name="smart_encoding",
        label="Convert to GSM-7 characters",
        secret=False,
        required=False,
        help="on: by letters of GSM-7",
        setting=True,
    ),
)
MAX_BODY = 1600  # bytes
NAME = re.compile(r"(?=[0-9-]*[A-Za-z])[A-Za-z0-9-]{3,11}")
NUMBER = re.compile(r"\+?\d{5,14}")
PRICE = re.compile(r"\d{1,4}(\.\d{1,6})?")


def build(message: SmsMessage, account: Account, now: datetime) -> HttpRequest:
    body = prepared(message.body, smart=is_on(account.settings.get("smart_encoding")))
    if len(body.encode()) > MAX_BODY:
        raise MessageTooLarge(f"{MAX_BODY} bytes")
    fields = {"PhoneNumber": number_of(message), "Message": body}
    request = publish(account, now, fields, _attributes(message, account))
    return HttpRequest(
        request.method, request.url, request.headers, request.body, units=estimate(body).parts
    )


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    return False


def parse_events(request: InboundRequest) -> list[Event]:
    return []


def _attributes(message: SmsMessage, account: Account) -> dict[str, str]:
    envelope, settings = message.envelope, account.settings
    bulk = envelope.lane is Lane.BULK
    attributes = {
        "AWS.SNS.SMS.SMSType": "Promotional" if bulk else "Transactional",
        **_origin(sender(account, envelope.area) or str(settings.get("from") or "")),
        "delivery_id": envelope.delivery_id,
    }
    price = str(settings.get("max_price") or "")
    if price and not PRICE.fullmatch(price):
        raise _misconfigured("The highest price is not a number")
    optional = {
        "AWS.SNS.SMS.MaxPrice": price,
        "AWS.MM.SMS.EntityId": str(settings.get("entity_id") or ""),
        "AWS.MM.SMS.TemplateId": str(settings.get("template_id") or ""),
    }
    return attributes | {name: value for name, value in optional.items() if value}


def _origin(chosen: str) -> dict[str, str]:
    """Without one, SNS takes a number of the account's or a shared one."""
    if not chosen:
        return {}
    if NUMBER.fullmatch(chosen):
        return {"AWS.MM.SMS.OriginationNumber": chosen}
    if NAME.fullmatch(chosen):
        return {"AWS.SNS.SMS.SenderID": chosen}
    raise _misconfigured("The sender is neither a number nor 3 to 11 letters and digits")


def _misconfigured(reason: str) -> BuildError:
    return BuildError(Outcome(OutcomeKind.MISCONFIGURED, reason, "settings"))
