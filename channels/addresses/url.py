"""URLs that are somebody's address: webhooks, Slack, push services of browsers.

One form (RFC 3986, 6.2.2 and 6.2.3): scheme and host in lower case, the host in ASCII, no port that
goes without saying. What comes after the host says what it says, letter by letter.
"""

from urllib.parse import urlsplit, urlunsplit

from channels.addresses.domain import InvalidDomain, ascii_domain
from channels.addresses.invisible import without_invisible

MAX_URL = 4_096  # characters
PORTS = {"https": 443, "http": 80}


def url(text: str) -> str:
    """The one form; a text that is no URL with a host stays as it is, for others to refuse."""
    if len(text) > MAX_URL:
        return text
    text = without_invisible(text)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return text
    if parts.scheme not in PORTS or not host or "@" in parts.netloc or ":" in host:
        return text
    place = _host(host) if port in (None, PORTS[parts.scheme]) else f"{_host(host)}:{port}"
    made = urlunsplit(parts._replace(netloc=place, path=parts.path or "/"))
    return made if made.isascii() else text


def _host(host: str) -> str:
    try:
        return ascii_domain(host)
    except InvalidDomain:
        return host
