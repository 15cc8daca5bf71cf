"""How an SMS is encoded and into how many parts it falls (3GPP TS 23.038, 23.040). Pure.

Carriers bill and limit by part; one character outside GSM-7 more than halves what fits into each.
"""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION = "\f^{}\\[~]|€"  # two septets each: an escape and a letter
ENCODABLE = GSM7 | frozenset(GSM7_EXTENSION)
SEPTETS = (160, 153)  # in a single message; in each part of several
UNITS = (70, 67)  # of UTF-16

# What word processors and phones put in place of letters that GSM-7 has.
GSM7_REPLACEMENTS = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032`\u00b4\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\t", " "),
        **dict.fromkeys("\u200b\u2060\ufeff\u00ad", ""),  # seen by nobody
        "\u2026": "...",
        "\u2044": "/",
    }
)


class Estimate(NamedTuple):
    encoding: str  # "GSM-7" or "UCS-2"
    parts: int


def estimate(body: str) -> Estimate:
    """Of a text as it is sent; see `prepared`."""
    if ENCODABLE.issuperset(body):
        septets = len(body) + sum(map(body.count, GSM7_EXTENSION))
        if septets <= SEPTETS[0]:
            return Estimate("GSM-7", 1)
        return Estimate(
            "GSM-7", _packed((2 if c in GSM7_EXTENSION else 1 for c in body), SEPTETS[1])
        )
    sizes = [2 if ord(character) > 0xFFFF else 1 for character in body]
    return Estimate("UCS-2", 1 if sum(sizes) <= UNITS[0] else _packed(sizes, UNITS[1]))


def prepared(body: str, *, smart: bool) -> str:
    """The text in its composed form, its lines ended by LF; with `smart`, look-alikes replaced.

    What GSM-7 has no look-alike for stays: a text is never mutilated to save a part.
    """
    if body.isascii() and "\r" not in body and not (smart and ("`" in body or "\t" in body)):
        return body
    text = body.encode("utf-8", "replace").decode()  # half a surrogate pair
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    return text.translate(GSM7_REPLACEMENTS) if smart else text


def same(one: str, other: str) -> bool:
    """Whether two texts are one to a provider that may have replaced look-alikes in between."""
    return prepared(one, smart=True).strip() == prepared(other, smart=True).strip()


def _packed(sizes: Iterable[int], each: int) -> int:
    """Parts it takes when nothing is split between two."""
    count, used = 1, 0
    for size in sizes:
        if used + size > each:
            count, used = count + 1, 0
        used += size
    return count
