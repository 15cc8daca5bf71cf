"""How much a text may make of large variables: what its filters read over and over. Pure.

The engine counts instructions, and one instruction may sort a list of thousands. So those that
read a whole value are counted when a text is compiled, and held against the size of the variables
when there are many.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from templates.engine.tokens import Token

# Each reads its whole value, at about 0.1 us a byte.
WHOLE = dict.fromkeys(
    "sort dictsort items list join sum min max reverse string replace urlencode title striptags "
    "escape e".split(),
    1,
) | {"unique": 5}
LOOPED = 1_000  # of one in a loop that reads what is no part of the element
BUDGET = 16_000_000  # bytes read: about two seconds
UNWEIGHED = 40  # so few are soon done with all that a request can hold
WORDS = frozenset("and defined else false for if in is loop none not or true undefined".split())


def of_block(tokens: list[Token], scopes: list[frozenset[str]]) -> int:
    """`scopes`: of each loop around it, the names that stand for one element."""
    found = sum(_whole(tokens, at) for at in range(len(tokens)))
    if not found or not scopes or _names(tokens) <= frozenset().union(*scopes):
        return found
    return found * LOOPED


def scope(tokens: list[Token], scopes: list[frozenset[str]]) -> frozenset[str]:
    """The names of a `for` that stand for one element, so that all turns read the whole once."""
    at = tokens.index(("name", "in")) if ("name", "in") in tokens else len(tokens)
    names = frozenset(text for kind, text in tokens[1:at] if kind == "name")
    over = _names(tokens[at:])
    return names if not scopes or over <= frozenset().union(*scopes) else frozenset()


def too_much(effort: int, variables: Mapping[str, Any]) -> bool:
    if effort <= UNWEIGHED:
        return False
    try:
        size = len(msgspec.json.encode(variables))
    except (TypeError, ValueError, OverflowError):
        size = len(str(variables))
    return effort * size > BUDGET


def _whole(tokens: list[Token], at: int) -> int:
    kind, text = tokens[at]
    if kind == "operator":
        return int(text in "~+")
    if text == "in":
        return int(tokens[0] != ("name", "for"))
    return WHOLE.get(text, 0) if at and tokens[at - 1][1] == "|" else 0


def _names(tokens: list[Token]) -> frozenset[str]:
    return frozenset(
        text
        for at, (kind, text) in enumerate(tokens)
        if kind == "name" and text not in WORDS and (not at or tokens[at - 1][1] not in ("|", "."))
    )
