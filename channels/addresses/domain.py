"""A domain in its one form: lower case and ASCII, by IDNA 2008 over the mappings of UTS 46.

Non-transitional, as browsers and registries are: `faß.de` is not `fass.de`. Host names only
(RFC 1123): letters, digits and hyphens, with a dot somewhere.
"""

import re

import idna

from channels.addresses.invisible import ANY_BUT_JOINERS, without_joiners

MAX_DOMAIN = 253  # octets, RFC 1035
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
PLAIN = re.compile(rf"{LABEL.pattern}(?:\.{LABEL.pattern})+")
ENCODED = "xn--"


class InvalidDomain(ValueError):
    """No such domain can exist. The message is safe to show."""


def ascii_domain(text: str) -> str:
    """Raises InvalidDomain."""
    domain = text.lower()
    if len(domain) > MAX_DOMAIN:
        raise InvalidDomain("A domain has at most 253 characters")
    if not PLAIN.fullmatch(domain) or ENCODED in domain:
        domain = _by_uts46(text)
    if domain.rpartition(".")[2].isdigit():
        raise InvalidDomain("A domain does not end with a number")
    return domain


def unicode_domain(domain: str) -> str:
    """How people write a domain that is in its one form."""
    if ENCODED not in domain:
        return domain
    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain


def _by_uts46(text: str) -> str:
    try:
        mapped = idna.uts46_remap(ANY_BUT_JOINERS.sub("", text), std3_rules=True)
        domain = ".".join(map(_label, mapped.split(".")))
    except (idna.IDNAError, UnicodeError) as error:
        raise InvalidDomain("No domain can have these characters") from error
    if len(domain) > MAX_DOMAIN or not PLAIN.fullmatch(domain):
        raise InvalidDomain("A domain is labels of at most 63 characters with dots between them")
    return domain


def _label(label: str) -> str:
    """Of ASCII: as it is, since names with two hyphens in the third place exist. A joiner where
    no word needs one was pasted along."""
    if label.isascii() and not label.startswith(ENCODED):
        return label
    try:
        return idna.alabel(label).decode()
    except idna.InvalidCodepointContext:
        plain = without_joiners(label)
        return plain if plain.isascii() else idna.alabel(plain).decode()
