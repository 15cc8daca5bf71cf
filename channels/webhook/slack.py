"""Slack incoming webhooks. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
(read 2026-11)"""

import html
import re
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

from channels.answers import json_array, retry_after, status_outcome
from channels.base import (
    Account,
    BuildError,
    Channel,
    Event,
    Field,
    HttpRequest,
    HttpResponse,
    InboundRequest,
    MessageTooLarge,
    Outcome,
    OutcomeKind,
)
from channels.messages import SlackMessage
from channels.push.payload import encode
from channels.transport.ssrf import LOOPBACK, host_of

CHANNEL = Channel.SLACK
FIELDS: tuple[Field, ...] = ()
HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
MAX_TEXT = 40_000  # characters; Slack cuts longer ones off
MAX_BLOCKS = 50
# Whose text Slack shows as it is; in that of all others it reads escapes and control sequences.
# https://docs.slack.dev/reference/block-kit/blocks (read 2026-11)
LITERAL = frozenset({"text", "link", "raw_text", "date"})
MARKDOWN = "markdown"  # reads escapes of its own
BRACKETS = re.compile(r"&#9[123];")  # of a variable, where there are such blocks
ESCAPED = re.compile(r"&(?:lt|gt|amp|#9[123]);")
BUSY = 1.0  # seconds: "about one message a second"

BAD, REJECTED, RETRY = OutcomeKind.BAD_RECIPIENT, OutcomeKind.REJECTED, OutcomeKind.RETRY

# https://docs.slack.dev/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks
CODES: dict[str, tuple[OutcomeKind, str]] = {
    "invalid_payload": (REJECTED, "Slack could not read the message"),
    "invalid_blocks": (REJECTED, "Slack refused the message's blocks"),
    "no_text": (REJECTED, "The message is empty"),
    "user_not_found": (BAD, "The person is not at Slack any more"),
    "channel_not_found": (BAD, "The Slack channel does not exist"),
    "channel_is_archived": (BAD, "The Slack channel is archived"),
    "action_prohibited": (BAD, "The workspace allows no such messages"),
    "posting_to_general_channel_denied": (BAD, "The workspace allows no such messages"),
    "invalid_token": (BAD, "The Slack webhook does not exist any more"),
    "no_service": (BAD, "The Slack webhook does not exist any more"),
    "no_service_id": (BAD, "The Slack webhook does not exist any more"),
    "no_team": (BAD, "The Slack workspace does not exist any more"),
    "team_disabled": (BAD, "The Slack workspace does not exist any more"),
    "rollup_error": (RETRY, "Slack has trouble"),
}


def address_problem(address: str) -> str:
    """Whether it can be one of Slack's; or the sandbox's, which the guard judges."""
    if host_of(address) in HOSTS | LOOPBACK:
        return ""
    return "A Slack webhook looks like https://hooks.slack.com/services/…"


def build(message: SlackMessage, account: Account, now: datetime) -> HttpRequest:
    url = message.envelope.address
    if address_problem(url):
        raise BuildError(Outcome(BAD, "The URL is not a Slack webhook", "bad_endpoint"))
    body: dict[str, Any] = {"text": _escaped(message.text)}
    links = _links(message)
    if message.blocks:
        body["blocks"] = _blocks(message.blocks, MAX_BLOCKS - bool(links)) + _context(links)
    elif links:
        body["text"] += f"\n{links}"
    if len(body["text"]) > MAX_TEXT:
        raise MessageTooLarge(f"{MAX_TEXT} characters")
    # Slack has no field for an id of ours; the header is for whoever reads along.
    headers = {
        "content-type": "application/json; charset=utf-8",
        "x-delivery-id": message.envelope.delivery_id,
    }
    # One webhook is one channel: a busy one must not hold up the others.
    place = "slack:" + sha256(url.encode()).hexdigest()[:16]
    return HttpRequest("POST", url, headers, encode(body), guarded=True, endpoint=place)


def classify(response: HttpResponse) -> Outcome:
    """Its body is one word. A status that says nothing is no reason to hold all of Slack."""
    code = response.body[:64].decode("ascii", "replace").strip()
    if response.status == 200 and code == "ok":
        return Outcome(OutcomeKind.DELIVERED)
    if code in CODES:
        kind, reason = CODES[code]
        return Outcome(kind, reason, code)
    outcome = status_outcome(response)
    if outcome.kind in (OutcomeKind.THROTTLED, OutcomeKind.MISCONFIGURED):
        reason = "Slack takes no more just now" if response.status == 429 else "Slack refused"
        after = retry_after(response.headers) or BUSY
        return Outcome(RETRY, reason, outcome.code, after=after)
    return outcome


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    """Slack calls nobody back about an incoming webhook."""
    return False


def parse_events(request: InboundRequest) -> list[Event]:
    return []


def _escaped(text: str) -> str:
    """Slack's three characters: what a person's name holds is text, no link and no mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _links(message: SlackMessage) -> str:
    """Of marketing that does not say itself how to end it."""
    way_out = message.envelope.way_out
    said = message.blocks or message.text
    if way_out is None or any(url in said for url in way_out.data.values()):
        return ""
    return (
        f"<{way_out.unsubscribe_url}|{way_out.unsubscribe_label}>"
        f" · <{way_out.preferences_url}|{way_out.preferences_label}>"
    )


def _context(links: str) -> list[Any]:
    return [{"type": "context", "elements": [{"type": "mrkdwn", "text": links}]}] if links else []


def _blocks(text: str, most: int) -> list[Any]:
    """Block Kit, but without calling a whole channel. Variables come escaped, for text: what is no
    text, such as an address with `&`, is as it was."""
    blocks = json_array(text.replace("<!", "&lt;!").encode())
    if not blocks or len(blocks) > most:
        reason = f"The blocks are not a list of 1 to {most}"
        raise BuildError(Outcome(REJECTED, reason, "bad_part"))
    return [_written(block, _as_it_was) for block in blocks]


def _written(value: Any, write: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return write(value)
    if isinstance(value, list):
        return [_written(inner, write) for inner in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("type")
    of_text = _in_mrkdwn
    if kind == MARKDOWN:
        of_text = _in_markdown
    elif isinstance(kind, str) and kind in LITERAL:
        of_text = _as_it_was
    return {
        _as_it_was(name): _written(inner, of_text if name == "text" else _as_it_was)
        for name, inner in value.items()
    }


def _in_mrkdwn(text: str) -> str:
    return BRACKETS.sub(lambda found: html.unescape(found[0]), text).replace("<!", "&lt;!")


def _in_markdown(text: str) -> str:
    return BRACKETS.sub(lambda found: "\\" + html.unescape(found[0]), text).replace("<!", "&lt;!")


def _as_it_was(text: str) -> str:
    return ESCAPED.sub(lambda found: html.unescape(found[0]), text)
