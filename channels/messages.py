"""What is sent, by channel: the values `compose` makes and an adapter's `build` takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels.addresses.signed import Signer
from channels.base import Envelope


@dataclass(frozen=True, slots=True)
class PushMessage:
    envelope: Envelope
    title: str = ""
    body: str = ""
    image_url: str = ""
    link: str = ""
    sound: str = "default"
    badge: int | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False
    subtitle: str = ""
    ios: Mapping[str, str] = field(default_factory=dict)  # thread_id, category, interruption_level…
    android: Mapping[str, str] = field(default_factory=dict)  # channel_id, icon, color, tag…


@dataclass(frozen=True, slots=True)
class WebPushMessage:
    """`envelope.address` is the subscription as JSON: {"endpoint", "p256dh", "auth"}."""

    envelope: Envelope
    title: str
    body: str = ""
    icon_url: str = ""
    image_url: str = ""
    badge_url: str = ""
    link: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class EmailMessage:
    envelope: Envelope
    subject: str
    text: str
    html: str = ""
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # List-Unsubscribe and the like
    attachments: tuple[Attachment, ...] = ()
    return_path: Signer | None = None  # makes the address its bounces go to, where we take them


@dataclass(frozen=True, slots=True)
class SmsMessage:
    envelope: Envelope
    body: str


@dataclass(frozen=True, slots=True)
class InboxMessage:
    envelope: Envelope
    title: str
    body: str = ""
    link: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """`envelope.address` is the endpoint as JSON: {"url", "secrets": [{"key", "until"}]}."""

    envelope: Envelope
    event: str  # dot-separated: order.shipped
    at: datetime  # of the event, the same on every attempt
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """`envelope.address` is the incoming webhook's URL: a secret."""

    envelope: Envelope
    text: str
    blocks: str = ""  # JSON, as Slack's Block Kit takes it


Message = (
    PushMessage
    | WebPushMessage
    | EmailMessage
    | SmsMessage
    | InboxMessage
    | WebhookMessage
    | SlackMessage
)
