"""How an address may have been stored and hashed before (version 1 of the look-up hash): as it was
written but for spaces, signs between digits, and capitals in the domain.

Rows that hold only such a hash (suppressions) are found by these forms. A spelling that nobody
gives again, in capitals of its own, is found when the contact point that has it is hashed anew.
"""

import re

from channels.addresses import device_token, phone
from channels.addresses.domain import unicode_domain
from channels.base import Channel

BETWEEN = re.compile(r"[\s().-]")
MOST = 4_096  # characters


def of(channel: str, text: str, compared: str) -> set[str]:
    """`compared`: the normal form of today, which may be among them."""
    text = text[:MOST].strip()
    if channel == Channel.EMAIL:
        return _emails(text, compared)
    if channel == Channel.SMS:
        return {BETWEEN.sub("", text), phone.with_trunk_prefix(compared)} - {""}
    if channel == Channel.PUSH and device_token.HEX.fullmatch(compared):
        return {text, compared.upper()}
    return {text}


def _emails(text: str, compared: str) -> set[str]:
    local, _, domain = text.rpartition("@")
    folded, _, ascii_domain = compared.rpartition("@")
    domains = {domain.lower(), ascii_domain, unicode_domain(ascii_domain)}
    return {f"{name}@{place}" for name in (local, folded) for place in domains}
