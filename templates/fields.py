"""What a message consists of on each channel, and how each field is written."""

from dataclasses import dataclass

from channels.base import Channel
from channels.push_options import NAMES as PUSH_OPTIONS

DEFAULT_LOCALE = "default"
UNSUBSCRIBE_URL = "unsubscribe_url"
PREFERENCES_URL = "preferences_url"  # the person's own page
WHY_URL = "why_url"  # why they got this message
PERSON = "person"  # a record: their attributes, and `id`, `locale`, `timezone`
# Variables a request need not give: we know them.
SUPPLIED = frozenset({UNSUBSCRIBE_URL, PREFERENCES_URL, WHY_URL, PERSON})
PARTIAL = "partial"  # in place of a channel: a text that others include or extend
DATA = "data"  # a mapping of names to sources, for the app; rendered as data_<name>


@dataclass(frozen=True, slots=True)
class Kind:
    """How a field is treated: `suffix` chooses the engine's escaping."""

    suffix: str = ".txt"
    one_line: bool = False
    link: bool = False
    mailbox: bool = False  # an e-mail address, with or without a name
    mrkdwn: bool = False  # what variables hold is text, and none of Slack's control sequences
    inherited: bool = False  # says the same in every language: taken from `default` if missing


TEXT = Kind()
LINE = Kind(one_line=True)
HTML = Kind(suffix=".html")
JSON = Kind(suffix=".json")
BLOCKS = Kind(suffix=".json", mrkdwn=True)
LINK = Kind(one_line=True, link=True, inherited=True)
NEUTRAL = Kind(one_line=True, inherited=True)
MAILBOX = Kind(one_line=True, inherited=True, mailbox=True)
DATUM = Kind(inherited=True)

_PUSH = {
    "title": LINE,
    "body": TEXT,
    "image": LINK,
    "link": LINK,
    "sound": NEUTRAL,
    "badge": NEUTRAL,
}
FIELDS: dict[str, dict[str, Kind]] = {
    Channel.PUSH: {**_PUSH, "subtitle": LINE, **dict.fromkeys(PUSH_OPTIONS, NEUTRAL)},
    Channel.WEB_PUSH: {
        "title": LINE,
        "body": TEXT,
        "icon": LINK,
        "image": LINK,
        "badge": LINK,
        "link": LINK,
    },
    Channel.EMAIL: {
        "subject": LINE,
        "preheader": LINE,
        "html": HTML,
        "mjml": HTML,
        "text": TEXT,
        "reply_to": MAILBOX,
    },
    Channel.SMS: {"body": TEXT},
    Channel.INBOX: {"title": LINE, "body": TEXT, "link": LINK},
    Channel.WEBHOOK: {"event": NEUTRAL, "json": JSON},
    Channel.SLACK: {"text": TEXT, "blocks": BLOCKS},
    PARTIAL: {"text": TEXT},
}
WITH_DATA = frozenset({Channel.PUSH, Channel.WEB_PUSH, Channel.INBOX, Channel.WEBHOOK})

# Of each group, a part must have one.
REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    Channel.PUSH: (("title", "body", DATA),),
    Channel.WEB_PUSH: (("title",),),  # browsers show something for every push
    Channel.EMAIL: (("subject",), ("mjml", "html", "text")),
    Channel.SMS: (("body",),),
    Channel.INBOX: (("title",),),
    Channel.WEBHOOK: (("json", DATA),),
    Channel.SLACK: (("text",),),  # also with blocks: what a lock screen shows
    PARTIAL: (("text",),),
}
