"""A mail that anybody may have written, taken apart within limits."""

from collections.abc import Iterator
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser, HeaderParser

MOST_BYTES = 256 * 1024  # of a mail that are read: a report comes before what it is about
MOST_PARTS = 30  # boundaries; more than that no report has
MOST_TEXT = 20_000  # characters of text that are looked at
MOST_BLOCKS = 20
STATUS = frozenset({"message/delivery-status", "message/global-delivery-status"})
FEEDBACK = frozenset({"message/feedback-report"})
RETURNED = frozenset(
    "message/rfc822 message/global text/rfc822-headers message/rfc822-headers "
    "message/global-headers".split()
)


def parsed(raw: bytes) -> Message:
    """Never raises: of what is too deeply nested or broken only the headers and the text count."""
    raw = raw[:MOST_BYTES].lstrip(b"\r\n")
    if raw.lower().count(b"boundary") <= MOST_PARTS:
        try:
            return BytesParser().parsebytes(raw)
        except (MessageError, RecursionError, ValueError, LookupError, TypeError, AttributeError):
            pass
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    try:
        mail: Message = BytesHeaderParser().parsebytes(head[:MOST_TEXT] + b"\n\n")
    except Exception:  # the library's own, on what nobody should send
        mail = Message()
    for name in ("content-type", "content-transfer-encoding"):
        del mail[name]
    mail.set_payload(body[:MOST_TEXT].decode("utf-8", "replace"))
    return mail


def parts(mail: Message) -> Iterator[Message]:
    """The report's own parts, not those of the message it is about."""
    for part in mail.get_payload() if mail.is_multipart() else ():
        if not isinstance(part, Message):
            continue
        yield part
        if part.get_content_maintype() == "multipart":
            yield from parts(part)


def text(mail: Message) -> str:
    """What a person would read first: its plain texts, else its HTML."""
    if not mail.is_multipart():
        return _decoded(mail)
    found = [part for part in parts(mail) if part.get_content_maintype() == "text"]
    own = [part for part in found if part.get_content_type() not in RETURNED]
    plain = [part for part in own if part.get_content_type() == "text/plain"]
    return "\n".join(map(_decoded, plain[:3] or own[:1]))[:MOST_TEXT]


def fields(part: Message) -> list[Message]:
    """The groups of fields of a report that a program wrote, each as headers."""
    payload = part.get_payload()
    blocks = list(payload) if isinstance(payload, list) else [part]
    found: list[Message] = []
    for block in blocks[:MOST_BLOCKS]:
        if isinstance(block, Message):
            found += [block] if block is not part and block.keys() else []
            inner = block.get_payload()
            if isinstance(inner, str):
                found += _groups(_decoded(block))
            elif block is not part and isinstance(inner, list):
                found += [one for one in inner[:MOST_BLOCKS] if isinstance(one, Message)]
    return found[:MOST_BLOCKS]


def returned(mail: Message) -> Message | None:
    """The headers of the message that a report is about."""
    for part in parts(mail):
        if part.get_content_type() not in RETURNED:
            continue
        payload = part.get_payload()
        if isinstance(payload, list) and payload and isinstance(payload[0], Message):
            return payload[0]
        groups = _groups(_decoded(part))
        return groups[0] if groups else None
    return None


def _groups(text: str) -> list[Message]:
    blocks = text.replace("\r\n", "\n").strip().split("\n\n")
    return [HeaderParser().parsestr(block) for block in blocks[:MOST_BLOCKS] if ":" in block]


def _decoded(part: Message) -> str:
    try:
        raw = part.get_payload(decode=True)
        if not isinstance(raw, bytes):
            return str(part.get_payload())[:MOST_TEXT]
        charset = part.get_content_charset() or "utf-8"
    except Exception:  # the library's own, on what nobody should send
        return ""
    try:
        return raw[: 4 * MOST_TEXT].decode(charset, "replace")[:MOST_TEXT]
    except (LookupError, ValueError):
        return raw[: 4 * MOST_TEXT].decode("utf-8", "replace")[:MOST_TEXT]
