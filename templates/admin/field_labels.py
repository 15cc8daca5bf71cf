"""How the editor calls each channel and field, and what it says beside them."""

from typing import Any, NamedTuple

from channels.base import Channel
from channels.push_options import NAMES as PUSH_OPTIONS
from templates.fields import FIELDS, PARTIAL, WITH_DATA


class Label(NamedTuple):
    label: str
    help: str = ""
    rows: int = 1
    code: bool = False  # HTML and the like, in a typewriter's letters
    more: bool = False  # shown when asked for
    unless: str = ""  # another field that stands in its place


CHANNELS = {
    Channel.PUSH: "Push",
    Channel.EMAIL: "Email",
    Channel.SMS: "SMS",
    Channel.INBOX: "In-app inbox",
    Channel.WEB_PUSH: "Web push",
    Channel.WEBHOOK: "Webhook",
    Channel.SLACK: "Slack",
    PARTIAL: "Body",
}
LINK = Label("Link", "Opened on tap: https://…, or a path or scheme of your app.")
IMAGE = Label("Image", "https://… of an image.")
TITLE = Label("Title", "Phones show about 50 characters.")
BODY = Label("Body", "", 3)
LABELS: dict[str, dict[str, Label]] = {
    Channel.PUSH: {
        "title": TITLE,
        "subtitle": Label("Subtitle", "iOS only.", more=True),
        "body": BODY,
        "image": IMAGE,
        "link": LINK,
        "sound": Label("Sound", "Name of a sound file in the app.", more=True),
        "badge": Label("Badge", "The number on the app's icon.", more=True),
    },
    Channel.WEB_PUSH: {
        "title": TITLE,
        "body": BODY,
        "icon": Label("Icon", "https://… of a square image."),
        "image": IMAGE,
        "badge": Label("Badge", "https://… of a small single-colour image.", more=True),
        "link": LINK,
    },
    Channel.EMAIL: {
        "subject": Label("Subject", "Phones show 40 to 60 characters."),
        "preheader": Label("Preheader", "Shown after the subject in the list of mails."),
        "mjml": Label("MJML", "Converted to HTML on publishing.", 18, code=True, unless="html"),
        "html": Label("HTML", "Instead of MJML.", 18, code=True, more=True, unless="mjml"),
        "text": Label("Plain text", "Empty: generated from the HTML.", 6, more=True),
        "reply_to": Label("Reply to", "An e-mail address.", more=True),
    },
    Channel.SMS: {"body": Label("Body", "160 characters per SMS; 70 with ł or 😀.", 4)},
    Channel.INBOX: {"title": TITLE, "body": BODY, "link": LINK},
    Channel.WEBHOOK: {
        "event": Label("Event", "Words joined by dots: order.shipped"),
        "json": Label("JSON", 'An object: {"id": {{ order_id }}}; quotes are added.', 8,
                      code=True),
    },
    Channel.SLACK: {
        "text": Label("Body", "Shown in notifications, also with blocks.", 3),
        "blocks": Label("Blocks", "Block Kit JSON.", 8, code=True, more=True),
    },
    PARTIAL: {
        "text": Label("Body", "Templates include it, or extend its blocks.", 14, code=True)
    },
}  # fmt: skip
OPTIONS = {name: Label(name.replace("_", " ", 1), more=True) for name in PUSH_OPTIONS}


def described(channels: tuple[str, ...]) -> list[dict[str, Any]]:
    """For the page's script."""
    return [
        {
            "name": channel,
            "label": CHANNELS[channel],
            "data": channel in WITH_DATA,
            "fields": [
                {"name": name, **_label(channel, name)._asdict()} for name in FIELDS[channel]
            ],
        }
        for channel in channels
    ]


def _label(channel: str, field: str) -> Label:
    return LABELS[channel].get(field) or OPTIONS.get(field) or Label(field, more=True)
