"""Rendered template parts become a message. Pure: text in, value out."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

from channels import push_options
from channels.answers import json_object
from channels.base import BuildError, Channel, Envelope, Outcome, OutcomeKind
from channels.html_attributes import attribute_of
from channels.messages import (
    EmailMessage,
    InboxMessage,
    Message,
    PushMessage,
    SlackMessage,
    SmsMessage,
    WebhookMessage,
    WebPushMessage,
)

EVENT = re.compile(r"[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*")
LONGEST_BADGE = 9  # digits: an app holds it in 32 bits
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_OPTIONS: Mapping[str, str] = {}
BLOCKS = frozenset(
    {"address", "article", "blockquote", "div", "dl", "footer", "form", "h1", "h2", "h3", "h4"}
    | {"h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul"}
)
SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote"})
HIDDEN = frozenset({"head", "script", "style", "template", "title"})


def compose(channel: Channel, envelope: Envelope, parts: Mapping[str, str]) -> Message:
    """A message of `channel` from its parts; a part that is missing is empty.

    push: title, subtitle, body, image, link, sound, badge, data_<key>, and what `push_options`
    knows as ios_<name> and android_<name>. email: subject, text, html, reply_to.
    sms: body. inbox: title, body, link, data_<key>. A push with neither title nor body is silent.
    web_push: title, body, icon, image, badge (a picture), link, data_<key>. slack: text, blocks.
    webhook: event (else the type's name), json (an object), data_<key>.
    Marketing brings its way out as data besides, which the template's own may replace.
    Raises BuildError when a part cannot be used.
    """
    return MAKERS[channel](envelope, parts)


def html_to_text(html: str) -> str:
    """What a person would read: paragraphs apart, list items marked, link targets after links."""
    reader = _Reader()
    # A tag that never ends is looked for to the end of the text, each time one begins.
    ends = html.rfind(">") + 1
    reader.feed(html[:ends] + html[ends:].replace("<", "&lt;"))
    reader.close()
    return reader.text()


def _push(envelope: Envelope, parts: Mapping[str, str]) -> PushMessage:
    title, body = _line(parts, "title"), parts.get("body", "").strip()
    has_options = any(name.startswith(push_options.PREFIXES) for name in parts)
    ios, android = push_options.read(parts) if has_options else (NO_OPTIONS, NO_OPTIONS)
    return PushMessage(
        envelope,
        title=title,
        body=body,
        image_url=_line(parts, "image"),
        link=_line(parts, "link"),
        sound=_line(parts, "sound") or "default",
        badge=_badge(_line(parts, "badge")),
        data=_with_way_out(envelope, parts),
        silent=not (title or body),
        subtitle=_line(parts, "subtitle"),
        ios=ios,
        android=android,
    )


def _email(envelope: Envelope, parts: Mapping[str, str]) -> EmailMessage:
    html = parts.get("html", "")
    text = parts.get("text", "").strip() or html_to_text(html)
    subject, reply_to = _line(parts, "subject"), parts.get("reply_to", "").strip()
    return EmailMessage(envelope, subject=subject, text=text, html=html, reply_to=reply_to)


def _sms(envelope: Envelope, parts: Mapping[str, str]) -> SmsMessage:
    return SmsMessage(envelope, body=(parts.get("body") or parts.get("text", "")).strip())


def _inbox(envelope: Envelope, parts: Mapping[str, str]) -> InboxMessage:
    return InboxMessage(
        envelope,
        title=_line(parts, "title"),
        body=parts.get("body", "").strip(),
        link=_line(parts, "link"),
        data=_with_way_out(envelope, parts),
    )


def _web_push(envelope: Envelope, parts: Mapping[str, str]) -> WebPushMessage:
    return WebPushMessage(
        envelope,
        title=_line(parts, "title"),
        body=parts.get("body", "").strip(),
        icon_url=_line(parts, "icon"),
        image_url=_line(parts, "image"),
        badge_url=_line(parts, "badge"),
        link=_line(parts, "link"),
        data=_with_way_out(envelope, parts),
    )


def _webhook(envelope: Envelope, parts: Mapping[str, str]) -> WebhookMessage:
    event = _line(parts, "event") or envelope.type.replace("-", "_") or "notification"
    if not EVENT.fullmatch(event):
        raise _bad_part("The event is not words joined by dots")
    data = {**_json(parts.get("json", "").strip()), **_data(parts)}
    return WebhookMessage(envelope, event=event, at=_accepted_at(envelope), data=data)


def _slack(envelope: Envelope, parts: Mapping[str, str]) -> SlackMessage:
    return SlackMessage(
        envelope, text=parts.get("text", "").strip(), blocks=parts.get("blocks", "").strip()
    )


MAKERS: dict[Channel, Callable[[Envelope, Mapping[str, str]], Message]] = {
    Channel.PUSH: _push,
    Channel.EMAIL: _email,
    Channel.SMS: _sms,
    Channel.INBOX: _inbox,
    Channel.WEB_PUSH: _web_push,
    Channel.WEBHOOK: _webhook,
    Channel.SLACK: _slack,
}


def _line(parts: Mapping[str, str], name: str) -> str:
    """A part that is one line: templates often end in a line break."""
    return " ".join(parts.get(name, "").split())


def _data(parts: Mapping[str, str]) -> dict[str, str]:
    return {name[5:]: text for name, text in parts.items() if name.startswith("data_")}


def _with_way_out(envelope: Envelope, parts: Mapping[str, str]) -> dict[str, str]:
    own = _data(parts)
    return {**envelope.way_out.data, **own} if envelope.way_out else own


def _json(text: str) -> dict[str, Any]:
    found = json_object(text.encode("utf-8", "replace"))
    if text and not found and "".join(text.split()) != "{}":
        raise _bad_part("The webhook's json is not an object")
    return found


def _badge(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_BADGE):
        raise _bad_part("The badge is not a whole number, or is too large")
    return int(text)


def _accepted_at(envelope: Envelope) -> datetime:
    """The notification's time, from its deliveries' ids (UUIDv7): the same on every attempt."""
    return EPOCH + timedelta(milliseconds=UUID(envelope.delivery_id).int >> 80)


def _bad_part(reason: str) -> BuildError:
    return BuildError(Outcome(OutcomeKind.REJECTED, reason, "bad_part"))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.hidden = 0
        self.link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in HIDDEN:
            self.hidden += 1
        elif tag == "br":
            self.lines.append("")
        elif tag in BLOCKS:
            self._break(tag)
            self.lines[-1] += "- " if tag == "li" else ""
        elif tag in ("td", "th"):
            self.lines[-1] += " "
        elif tag == "a":
            self.link = self._attribute("href")
        elif tag == "img":
            self.handle_data(self._attribute("alt"))

    def handle_endtag(self, tag: str) -> None:
        if tag in HIDDEN:
            self.hidden = max(self.hidden - 1, 0)
        elif tag in BLOCKS:
            self._break(tag)
        elif tag == "a" and self.link:
            shown = self.link.removeprefix("mailto:")
            if not self.lines[-1].endswith(shown) and not shown.startswith("#"):
                self.lines[-1] += f" ({shown})"
            self.link = ""

    def handle_data(self, data: str) -> None:
        if self.hidden:
            return
        start = " " if data[:1].isspace() and self.lines[-1] else ""
        end = " " if data[-1:].isspace() else ""
        words = " ".join(data.split())
        self.lines[-1] += f"{start}{words}{end}" if words else start

    def text(self) -> str:
        lines = [" ".join(line.split()) for line in self.lines]
        kept = [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
        return "\n".join(kept).strip()

    def _attribute(self, name: str) -> str:
        """Not from `attrs`: what html.parser makes of `&copy=1` there depends on its version."""
        return attribute_of(self.get_starttag_text() or "", name).strip()

    def _break(self, tag: str) -> None:
        if self.lines[-1].strip():
            self.lines.append("")
        if tag in SPACED and len(self.lines) > 1 and self.lines[-2].strip():
            self.lines.append("")
