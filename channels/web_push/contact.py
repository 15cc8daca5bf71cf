"""Whom a push service may write to about our messages: the `sub` of VAPID (RFC 8292, 2.1). Pure.

Apple refuses with 403 what is no address of the public internet; the others let it pass.
"""

from functools import lru_cache
from urllib.parse import urlsplit

from channels.addresses.domain import InvalidDomain, ascii_domain
from channels.addresses.email import InvalidEmail, parse

LONGEST = 255  # characters
NOBODY = frozenset({"localhost", "local", "localdomain", "internal", "invalid", "lan", "home"})
NOBODY |= {"arpa", "corp", "intranet", "onion", "private", "test"}
SHAPE = "Write mailto:push@example.com, or the https:// address of a page, without spaces."
PRIVATE = "Write an address that is reached from the internet."


@lru_cache(maxsize=256)
def contact_problem(text: str) -> str:
    """What is wrong with it, to be shown; "" for nothing."""
    if not 0 < len(text) <= LONGEST or not text.isascii() or not text.isprintable() or " " in text:
        return SHAPE
    try:
        host = _host(text)
    except (InvalidEmail, InvalidDomain, ValueError):
        return SHAPE
    return PRIVATE if host.rpartition(".")[2] in NOBODY else ""


def _host(text: str) -> str:
    """Raises ValueError."""
    if text.startswith("mailto:") and not text.startswith("mailto://"):
        return parse(text.removeprefix("mailto:")).domain
    parts = urlsplit(text)
    if parts.scheme != "https" or "@" in parts.netloc:
        raise ValueError("not a contact")
    return ascii_domain(parts.hostname or "")
