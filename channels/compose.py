"""Rendered template parts become a message. Pure: text in, value out."""

from collections.abc import Callable, Mapping
from html.parser import HTMLParser

from channels.base import BuildError, Channel, Envelope, Outcome, OutcomeKind
from channels.messages import EmailMessage, InboxMessage, Message, PushMessage, SmsMessage

BLOCKS = frozenset(
    {"address", "article", "blockquote", "div", "dl", "footer", "form", "h1", "h2", "h3", "h4"}
    | {"h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul"}
)
SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote"})
HIDDEN = frozenset({"head", "script", "style", "template", "title"})


def compose(channel: Channel, envelope: Envelope, parts: Mapping[str, str]) -> Message:
    """A message of `channel` from its parts; a part that is missing is empty.

    push: title, body, image, link, sound, badge, data_<key>. email: subject, text, html, reply_to.
    sms: body. inbox: title, body, link, data_<key>. A push with neither title nor body is silent.
    Raises BuildError when a part cannot be used, ValueError for a channel without messages.
    """
    maker = MAKERS.get(channel)
    if maker is None:
        raise ValueError(f"no messages for {channel}")
    return maker(envelope, parts)


def html_to_text(html: str) -> str:
    """What a person would read: paragraphs apart, list items marked, link targets after links."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


def _push(envelope: Envelope, parts: Mapping[str, str]) -> PushMessage:
    title, body = _line(parts, "title"), parts.get("body", "").strip()
    return PushMessage(
        envelope,
        title=title,
        body=body,
        image_url=_line(parts, "image"),
        link=_line(parts, "link"),
        sound=_line(parts, "sound") or "default",
        badge=_badge(_line(parts, "badge")),
        data=_data(parts),
        silent=not (title or body),
    )


def _email(envelope: Envelope, parts: Mapping[str, str]) -> EmailMessage:
    html = parts.get("html", "")
    text = parts.get("text", "").strip() or html_to_text(html)
    subject, reply_to = _line(parts, "subject"), _line(parts, "reply_to")
    return EmailMessage(envelope, subject=subject, text=text, html=html, reply_to=reply_to)


def _sms(envelope: Envelope, parts: Mapping[str, str]) -> SmsMessage:
    return SmsMessage(envelope, body=(parts.get("body") or parts.get("text", "")).strip())


def _inbox(envelope: Envelope, parts: Mapping[str, str]) -> InboxMessage:
    return InboxMessage(
        envelope,
        title=_line(parts, "title"),
        body=parts.get("body", "").strip(),
        link=_line(parts, "link"),
        data=_data(parts),
    )


MAKERS: dict[Channel, Callable[[Envelope, Mapping[str, str]], Message]] = {
    Channel.PUSH: _push,
    Channel.EMAIL: _email,
    Channel.SMS: _sms,
    Channel.INBOX: _inbox,
}


def _line(parts: Mapping[str, str], name: str) -> str:
    """A part that is one line: templates often end in a line break."""
    return " ".join(parts.get(name, "").split())


def _data(parts: Mapping[str, str]) -> dict[str, str]:
    return {name[5:]: text for name, text in parts.items() if name.startswith("data_")}


def _badge(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        reason = "The badge is not a whole number"
        raise BuildError(Outcome(OutcomeKind.REJECTED, reason, "bad_part"))
    return int(text[:9])


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
            self.link = dict(attrs).get("href") or ""
        elif tag == "img":
            self.handle_data(dict(attrs).get("alt") or "")

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

    def _break(self, tag: str) -> None:
        if self.lines[-1].strip():
            self.lines.append("")
        if tag in SPACED and len(self.lines) > 1 and self.lines[-2].strip():
            self.lines.append("")
