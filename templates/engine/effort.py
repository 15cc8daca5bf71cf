"""How much a text may make of large variables: what it reads as a whole, over and over. Pure.

The engine counts instructions, and one instruction may sort a list of thousands, or compare two.
So those that read a whole value are counted when a text is compiled, each for the variables beside
it, and held against their sizes when there are many.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from templates.engine.tokens import Token

# In units of 10 ns a byte of its value, as measured.
HEAVY, LIGHT = 10, 2
WHOLE = {
    **dict.fromkeys(
        "sort dictsort items list join sum min max reverse string replace urlencode title "
        "striptags escape e url".split(),
        HEAVY,
    ),
    **dict.fromkeys(
        "upper lower capitalize trim int float truncate first last length count".split(), LIGHT
    ),
    "unique": 5 * HEAVY,
}
OPERATORS = {"~": HEAVY, "+": HEAVY, ":": HEAVY} | dict.fromkeys("== != < > <= >=".split(), LIGHT)
TESTS = {"in": HEAVY, "is": LIGHT}
LOOPED = 2_000  # turns of a loop, for what is no part of the element of the turn
BUDGET = 200_000_000  # units: two seconds
UNWEIGHED = 100  # so few are soon done with all that there can be: a second for a megabyte
WORDS = frozenset("and defined else false for if in is loop none not or true undefined".split())
EACH = "[]"  # in a path: every element

Path = tuple[str, ...]
Reads = dict[Path, int]  # by weight
UNKNOWN: Path = ()  # it may be of any variable


@dataclass(frozen=True, slots=True)
class Loop:
    names: frozenset[str]  # that stand for one element, or a part of it
    element: Path
    is_once: bool  # all its turns together read the variable once


def of_block(tokens: list[Token], loops: Sequence[Loop]) -> Reads:
    """How often each variable is read as a whole."""
    if tokens[:1] == [("name", "for")]:
        source, condition = _parts(tokens)
        inside = [*loops, loop(tokens, loops)]
        found = _of(source, loops)
        add(found, _of(condition, inside))
        return found
    return _of(tokens, loops)


def loop(tokens: list[Token], loops: Sequence[Loop]) -> Loop:
    """What a `for` opens inside of others."""
    at = _after_in(tokens)
    names = frozenset(text for kind, text in tokens[1:at] if kind == "name") - {"in"} | {"loop"}
    paths = set(_paths(_parts(tokens)[0]))
    if len(paths) != 1:
        return Loop(names, UNKNOWN, is_once=False)
    (path,) = paths
    meant, once = _meant(path, loops)
    return Loop(names, (*meant, EACH) if meant else UNKNOWN, once)


def add(reads: Reads, more: Reads) -> None:
    for path, weight in more.items():
        reads[path] = reads.get(path, 0) + weight


def too_much(reads: Reads, variables: Mapping[str, Any]) -> bool:
    if sum(reads.values()) <= UNWEIGHED:
        return False
    return sum(weight * _size(variables, path) for path, weight in reads.items()) > BUDGET


def _of(tokens: list[Token], loops: Sequence[Loop]) -> Reads:
    weight = sum(_weight(tokens, at) for at in range(len(tokens)))
    found: Reads = {}
    for path in _paths(tokens) if weight else ():
        meant, once = _meant(path, loops)
        found[meant] = found.get(meant, 0) + (weight if once else weight * LOOPED)
    return found


def _meant(path: Path, loops: Sequence[Loop]) -> tuple[Path, bool]:
    """The variable behind a name, and whether it is read once by all turns together."""
    for depth, around in enumerate(reversed(loops)):
        if path[0] in around.names:
            if depth == 0 and around.is_once:
                return around.element[: around.element.index(EACH)], True
            return ((*around.element, *path[1:]) if around.element else UNKNOWN), False
    return path, not loops


def _weight(tokens: list[Token], at: int) -> int:
    kind, text = tokens[at]
    if kind == "operator":
        return OPERATORS.get(text, 0)
    before = tokens[at - 1][1] if at else ""
    return WHOLE.get(text, 0) if before == "|" else TESTS.get(text, 0) if kind == "name" else 0


def _after_in(tokens: list[Token]) -> int:
    return tokens.index(("name", "in")) + 1 if ("name", "in") in tokens else len(tokens)


def _parts(tokens: list[Token]) -> tuple[list[Token], list[Token]]:
    """Of `for x in source if condition`."""
    depth, start = 0, _after_in(tokens)
    for at in range(start, len(tokens)):
        text = tokens[at][1]
        depth += (text in "([") - (text in ")]")
        if depth == 0 and tokens[at] == ("name", "if"):
            return tokens[start:at], tokens[at + 1 :]
    return tokens[start:], []


def _paths(tokens: list[Token]) -> Iterator[Path]:
    """`a.b.c`, as far as it is said by names."""
    for at, (kind, text) in enumerate(tokens):
        before = tokens[at - 1][1] if at else ""
        if kind != "name" or text in WORDS - {"loop"} or before in ("|", ".", "is"):
            continue
        path = [text]
        while [t for _, t in tokens[at + 1 : at + 2]] == ["."] and at + 2 < len(tokens):
            path.append(tokens[at + 2][1])
            at += 2
        yield tuple(path)


def _size(value: Any, path: Iterable[str]) -> int:
    """Bytes of what is there; of the largest element, where a path says each."""
    first, *rest = path or (None,)
    if first == EACH and isinstance(value, Mapping | list):
        inner = [*value.keys(), *value.values()] if isinstance(value, Mapping) else value
        return max((_size(one, rest) for one in inner), default=0)
    if first is not None and isinstance(value, Mapping):
        return _size(value[first], rest) if first in value else 0
    try:
        return len(msgspec.json.encode(value))
    except (TypeError, ValueError, OverflowError):
        return len(str(value))
