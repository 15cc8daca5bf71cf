"""Which URLs we may call on somebody else's behalf: the rule against SSRF, without any I/O.

Whoever calls resolves the name itself, asks `refuse` with what it got, and connects to one of
exactly these addresses; a second look-up could answer differently.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

PORTS = frozenset({443, 8443})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+")

# https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-, and multicast
BLOCKED_V4 = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
            *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        ),
    )
)
# Of IPv6 only 2000::/3 is in public use; out of that:
PUBLIC_V6 = ip_network("2000::/3")
BLOCKED_V6 = tuple(
    map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
)  # IETF protocols and Teredo, documentation, 6to4, documentation


def is_public(address: IPv4Address | IPv6Address | str) -> bool:
    """Whether anybody's server may live at this address; False for what is not an address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(ip.ipv4_mapped)
        return ip in PUBLIC_V6 and not any(ip in network for network in BLOCKED_V6)
    return not any(ip in network for network in BLOCKED_V4)


def refuse(
    url: str,
    addresses: Iterable[str],
    *,
    http_allowed: bool = False,
    loopback_allowed: bool = False,
) -> str | None:
    """Why `url`, whose host resolved to `addresses`, must not be called; None when it may be.

    Both are for development. `http_allowed`: plain http, any port. `loopback_allowed`: this very
    machine too, by http and on any port, but only by its own names.
    """
    reason = refuse_url(url, http_allowed=http_allowed, loopback_allowed=loopback_allowed)
    if reason:
        return reason
    found = list(addresses)
    if not found:
        return "The host has no address"
    if host_of(url) in LOOPBACK:
        return None if all(map(_is_loopback, found)) else "The host is not this machine"
    if not all(map(is_public, found)):
        return "The host is not on the public internet"
    return None


def refuse_url(
    url: str, *, http_allowed: bool = False, loopback_allowed: bool = False
) -> str | None:
    """The part of `refuse` that needs no look-up, for forms."""
    if is_ambiguous(url):
        return "The URL has characters that do not belong there"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "The URL cannot be read"
    local = loopback_allowed and parts.hostname in LOOPBACK
    if parts.scheme != "https" and not ((http_allowed or local) and parts.scheme == "http"):
        return "The URL must start with https://"
    if "@" in parts.netloc or "#" in url:
        return "The URL must hold no user name and no fragment"
    if local:
        return None
    if not http_allowed and (443 if port is None else port) not in PORTS:
        return "The port must be 443 or 8443"
    return _refuse_host(parts.hostname or "")


def is_ambiguous(url: str) -> bool:
    """Whether two readers of URLs may see different hosts in it."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return True
    return "@" in url.partition("://")[2].partition("/")[0]


def refuse_host(host: str) -> str | None:
    """The part of `refuse` that concerns the host alone."""
    return _refuse_host(host)


def host_of(url: str) -> str:
    """In lower case; "" for what is not a URL."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _refuse_host(host: str) -> str | None:
    """A plain name with a dot; not an address, also not one written as 0x7f.1 or 2130706433.

    Nothing that one reader of URLs may take for something else than another: a client that decodes
    %2e would look up a name that nobody vetted.
    """
    last = host.rpartition(".")[2]
    if not NAME.fullmatch(host) or last[:1].isdigit() or "." not in host:
        return "The host must be a public name"
    return None


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
