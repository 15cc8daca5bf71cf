"""The attributes of an HTML start tag, read as browsers do. Pure.

A named reference without `;` before `=`, a letter or a digit is ordinary text in an attribute:
`?id=7&section=news&copy=1` is a link with three parameters, not one with § and ©.
https://html.spec.whatwg.org/multipage/parsing.html#named-character-reference-state (read 2026-11).
`html.unescape`, and `html.parser` of many Python versions, know the rule for text only.
"""

import re
from collections.abc import Iterator
from html import unescape
from html.entities import html5

# One attribute of a start tag.
ATTRIBUTE = re.compile(
    r"""[\s/]([^\s/>=][^\s/>=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>][^\s>]*))?""", re.ASCII
)
REFERENCE = re.compile(r"&(?:#(?:[0-9]+|[xX][0-9a-fA-F]+);?|[a-zA-Z][a-zA-Z0-9]*[;=]?)", re.ASCII)


def attribute_value(raw: str) -> str:
    """Returns the value that a browser takes from the text between the quotes."""
    return REFERENCE.sub(_decoded, raw) if "&" in raw else raw


def attributes(tag: str, start: int = 0) -> Iterator[re.Match[str]]:
    """Yields a match for each attribute: group 1 is its name, group 2 its value with its quotes."""
    return ATTRIBUTE.finditer(tag, start)


def unquoted(value: str | None) -> str:
    """Returns the raw value without its quotes; "" where the attribute has none."""
    if not value:
        return ""
    return value[1:-1] if value[0] in "\"'" else value


def attribute_of(tag: str, name: str) -> str:
    """Returns the value of an attribute of a start tag; the first counts, as in a browser."""
    opening = re.match(r"<[^\s/>]*", tag)
    for found in attributes(tag, opening.end() if opening else 0):
        if found[1].lower() == name:
            return attribute_value(unquoted(found[2]))
    return ""


def _decoded(reference: re.Match[str]) -> str:
    text = reference[0]
    if text[1] == "#" or text[1:] in html5:
        return unescape(text)
    return text
