"""Which adapter speaks for which kind of provider account. A new provider is a line here."""

from functools import cache
from importlib import import_module
from typing import cast

from channels.protocols import Adapter

ADAPTERS = {
    "apns": "channels.push.apns",
    "fcm": "channels.push.fcm",
    "smtp": "channels.email.smtp.adapter",
    "sendgrid": "channels.email.sendgrid.adapter",
    "ses": "channels.email.ses.adapter",
    "mailgun": "channels.email.mailgun.adapter",
    "postmark": "channels.email.postmark.adapter",
    "twilio": "channels.sms.twilio.adapter",
    "vonage": "channels.sms.vonage.adapter",
    "sns": "channels.sms.sns",
    "sns_push": "channels.push.sns_push",
    "onesignal": "channels.push.onesignal",
    "inbox": "channels.inbox.adapter",
    "vapid": "channels.web_push.vapid",
    "webhook": "channels.webhook.standard",
    "slack": "channels.webhook.slack",
}


def kinds() -> tuple[str, ...]:
    """Returns the kinds of provider accounts there are."""
    return tuple(ADAPTERS)


@cache
def adapter(kind: str) -> Adapter:
    """The module for `kind`, imported on first use. Raises KeyError for an unknown kind."""
    return cast(Adapter, import_module(ADAPTERS[kind]))
