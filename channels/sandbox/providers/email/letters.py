"""What the simulators of mail APIs share: a message as its reader sees it, and what becomes of it.

Addresses like those of Amazon's mailbox simulator decide their own fate: bounce@…, complaint@…,
suppressionlist@…, ooto@…, also with a +label, in whatever domain.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels.sandbox.kit.values import Callback, Post
from channels.sandbox.providers.email.mail import SHOWN

BEGIN, BETWEEN = 0.3, 0.6  # seconds
HEADER = re.compile(r"[!-9;-~]{1,126}")

DELIVERED, BOUNCED, COMPLAINED = "delivered", "bounced", "complained"
SUPPRESSED, SOFT = "suppressed", "soft"
FATES = {
    "bounce": BOUNCED,
    "complaint": COMPLAINED,
    "suppressionlist": SUPPRESSED,
    "ooto": SOFT,
}


@dataclass(frozen=True, slots=True)
class Letter:
    sender: str
    to: str  # the address alone
    subject: str
    text: str = ""
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[str] = ()  # their names
    tags: Mapping[str, str] = field(default_factory=dict)  # as the provider gives them back


def seen(letter: Letter) -> dict[str, Any]:
    own = {"From": letter.sender, "To": letter.to, "Subject": letter.subject}
    headers = [[name, value] for name, value in {**own, **letter.headers}.items()]
    headers += [["Attachment", name] for name in letter.files]
    return {
        "kind": "email",
        "from": letter.sender,
        "to": letter.to,
        "subject": letter.subject,
        "text": letter.text[:SHOWN],
        "html": letter.html[:SHOWN],
        "headers": headers,
    }


def fate(address: str, fault: str) -> str:
    """`fault` is the one that the request meets: of a dead recipient, the provider tells later."""
    local = address.partition("@")[0].partition("+")[0].lower()
    return BOUNCED if fault == "dead_token" else FATES.get(local, DELIVERED)


def told(url: str, posts: Iterable[Callable[[datetime], Post]]) -> Callback:
    """One after the other."""
    return Callback(url, tuple((BEGIN + at * BETWEEN, post) for at, post in enumerate(posts)))


def bad_headers(headers: Mapping[str, Any], reserved: Sequence[str]) -> list[str]:
    """Their names: reserved, or with something in them that a header cannot hold."""
    return [
        name
        for name, value in headers.items()
        if not HEADER.fullmatch(name)
        or name.lower() in reserved
        or not (isinstance(value, str) and value.isascii() and value.isprintable())
    ]
