"""How the editor calls each channel and field, and what it says beside them."""

from typing import Any, NamedTuple

from channels.base import Channel
from channels.push_options import NAMES as PUSH_OPTIONS
from templates.fields import FIELDS, PARTIAL, WITH_DATA


class Words(NamedTuple):
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
LINK = Words("Link", "Opened on tap: https://…, or a path or scheme of your app.")
IMAGE = Words("Image", "https://… of an image.")
TITLE = Words("Title", "Phones show about 50 characters.")
BODY = Words("Body", "", 3)
WORDS: dict[str, dict[str, Words]] = {
    Channel.PUSH: {
        "title": TITLE,
        "subtitle": Words("Subtitle", "iOS only.", more=True),
        "body": BODY,
        "image": IMAGE,
        "link": LINK,
        "sound": Words("Sound", "Name of a sound file in the app.", more=True),
        "badge": Words("Badge", "The number on the app's icon.", more=True),
    },
    Channel.WEB_PUSH: {
        "title": TITLE,
        "body": BODY,
        "icon": Words("Icon", "https://… of a square image."),
        "image": IMAGE,
        "badge": Words("Badge", "https://… of a small single-colour image.", more=True),
        "link": LINK,
    },
    Channel.EMAIL: {
        "subject": Words("Subject", "Phones show 40 to 60 characters."),
        "preheader": Words("Preheader", "Shown after the subject in the list of mails."),
        "mjml": Words("MJML", "Converted to HTML on publishing.", 18, code=True, unless="html"),
        "html": Words("HTML", "Instead of MJML.", 18, code=True, more=True, unless="mjml"),
        "text": Words("Plain text", "Empty: generated from the HTML.", 6, more=True),
        "reply_to": Words("Reply to", "An e-mail address.", more=True),
    },
    Channel.SMS: {"body": Words("Body", "160 characters per SMS; 70 with ł or 😀.", 4)},
    Channel.INBOX: {"title": TITLE, "body": BODY, "link": LINK},
    Channel.WEBHOOK: {
        "event": Words("Event", "Words joined by dots: order.shipped"),
        "json": Words("JSON", 'An object: {"id": {{ order_id }}}; quotes are added.', 8,
                      code=True),
    },
    Channel.SLACK: {
        "text": Words("Body", "Shown in notifications, also with blocks.", 3),
        "blocks": Words("Blocks", "Block Kit JSON.", 8, code=True, more=True),
    },
    PARTIAL: {
        "text": Words("Body", "Templates include it, or extend its blocks.", 14, code=True)
    },
}  # fmt: skip
OPTIONS = {name: Words(name.replace("_", " ", 1), more=True) for name in PUSH_OPTIONS}


def described(channels: tuple[str, ...]) -> list[dict[str, Any]]:
    """For the page's script."""
    return [
        {
            "name": channel,
            "label": CHANNELS[channel],
            "data": channel in WITH_DATA,
            "fields": [
                {"name": name, **_words(channel, name)._asdict()} for name in FIELDS[channel]
            ],
        }
        for channel in channels
    ]


def _words(channel: str, field: str) -> Words:
    return WORDS[channel].get(field) or OPTIONS.get(field) or Words(field, more=True)
