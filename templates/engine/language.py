"""The part of the Jinja language that messages may use, what a source costs to render, and the
engine that reads it: strict, metered, and without a way out. Pure.

The engine bounds instructions ("fuel") but not memory: `{% set b = a ~ a %}` forty times, a macro
that prints its argument twice, `"x" * 10**9` or `|format("%999999999d")` all end the process. So
nothing that binds a name to a value larger than it was given is in the language: text, `{{ … }}`
with a few filters, `if` and `for` remain, and what they write grows with the source and its
variables only.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from minijinja import Environment, pass_state

from templates.engine import effort, filters
from templates.engine.tokens import (
    PRINT,
    TAG,
    TEXT,
    TOO_DEEP,
    NotAllowed,
    Token,
    TooHeavy,
    segments,
)

TAGS = frozenset({"if", "elif", "else", "endif", "for", "endfor"})
FILTERS = frozenset(
    "abs bool capitalize count d default dictsort e escape first float int items join last length "
    "list lower max min pluralize replace reverse round sort string striptags sum title trim "
    "truncate unique upper urlencode "
    "currency date datetime number percent plural time url".split()  # ours: see `filters`
)
MAX_SOURCE = 100_000  # characters of one field
DEEPEST_BLOCKS = 100  # `if`, `for` and `elif` inside one another: an `elif` is an `if` in an `else`
MOST_JOINED = 30  # `~` and `+` of one block: each writes all that stands before it once more

FUEL = 20_000  # instructions of one field
FUEL_OF_WHOLE = 10_000  # where loops read whole values
LOOPED_TEXT = 1_000_000  # characters that loops may write, besides what they print
MAX_OUTPUT = 262_144  # characters of one field
# Of minijinja 3.0; what a later release adds is still refused by FILTERS.
FORBIDDEN_FILTERS = (
    "attr batch chain filesizeformat format groupby indent lines map pprint reject rejectattr safe "
    "select selectattr slice split tojson wordwrap zip"
).split()

OURS = "__"  # how the names start by which filters know the person
KEYWORDS = frozenset("and else for if in is not or".split())
DEEPER = {"for": 1, "if": 1, "endfor": -1, "endif": -1}


@dataclass(slots=True)
class Source:
    """What reading a source found."""

    prints: int = 0
    loops: int = 0
    looped_text: int = 0  # characters inside loops: written again with each turn
    optional: set[str] = field(default_factory=set)  # names it can do without
    reads: effort.Reads = field(default_factory=dict)
    rereads: bool = False  # whole values in a loop
    open_blocks: list[int] = field(default_factory=list)  # how many conditions each holds open


def read(text: str) -> Source:
    """Raises NotAllowed."""
    if len(text) > MAX_SOURCE:
        raise NotAllowed(f"Longer than {MAX_SOURCE} characters", 1)
    source, depth = Source(), 0
    loops: list[effort.Loop] = []
    for segment in segments(text):
        if segment.kind == TEXT:
            source.looped_text += len(segment.text) if depth > 0 else 0
            continue
        if segment.kind == PRINT:
            source.prints += 1
        elif segment.kind == TAG:
            depth += _tag(segment.tokens, source, segment.line)
        _expression(segment.tokens, segment.line)
        added = effort.of_block(segment.tokens, loops)
        effort.add(source.reads, added)
        most = max(added.values(), default=0)
        source.rereads = source.rereads or most >= effort.LOOPED * effort.HEAVY
        if segment.word == "for":
            loops.append(effort.loop(segment.tokens, loops))
        elif segment.word == "endfor" and loops:
            loops.pop()
        source.optional |= _optional(segment.tokens)
    return source


def engine(
    cost: Source | None = None, written: Callable[[object], object] | None = None
) -> Environment:
    """Strict, without files, functions or filters beyond the language; metered for `cost`.
    `written`: what becomes of each value that is printed, of an engine that is metered."""
    made = Environment(undefined_behavior="strict", fuel=FUEL, debug=False, pycompat=False)
    for name in list(made.globals):
        made.remove_global(name)
    for name in FORBIDDEN_FILTERS:
        made.remove_filter(name)
    made.add_filter("join", _join)
    made.add_filter("replace", _replace)
    for name, function in filters.FILTERS.items():
        made.add_filter(name, pass_state(function))
    if cost is not None:
        made.finalizer = _meter if written is None else _finalizer(written)
        most = FUEL_OF_WHOLE if cost.rereads else FUEL
        made.fuel = min(most, 2_000 + LOOPED_TEXT // max(cost.looped_text, 1))
    return made


def names_in(source: str) -> set[str]:
    """The variables it uses. Raises NotAllowed; TemplateError for what the engine cannot read."""
    read(source)
    return engine().undeclared_variables_in_str(source)


class Certain(NamedTuple):
    """What a text says whatever its variables are."""

    words: frozenset[str]
    names: frozenset[str]  # variables printed as they are


def certain(text: str) -> Certain:
    """What stands outside of every `if` and `for`. Raises NotAllowed."""
    plain, names, depth = [], set[str](), 0
    for segment in segments(text):
        if segment.kind == TAG:
            depth += DEEPER.get(segment.word, 0)
        elif depth == 0 and segment.kind == TEXT:
            plain.append(segment.text)
        elif depth == 0 and len(segment.tokens) == 1 and segment.tokens[0][0] == "name":
            names.add(segment.tokens[0][1])
    return Certain(frozenset(re.findall(r"\w+", " ".join(plain))), frozenset(names))


def _tag(tokens: list[Token], source: Source, line: int) -> int:
    """How much deeper in loops the text after this tag is."""
    name = tokens[0][1] if tokens else ""
    if name not in TAGS:
        raise NotAllowed(f"The tag `{name}` is not allowed; there are `if` and `for`", line)
    _nest(name, source.open_blocks, line)
    if ("name", "recursive") in tokens:
        raise NotAllowed("A loop cannot be recursive", line)
    source.loops += name == "for"
    return {"for": 1, "endfor": -1}.get(name, 0)


def _nest(name: str, opened: list[int], line: int) -> None:
    if name in ("if", "for"):
        opened.append(1)
    elif name in ("endif", "endfor") and opened:
        opened.pop()
    elif name == "elif" and opened:
        opened[-1] += 1
    if name not in ("endif", "endfor") and sum(opened) > DEEPEST_BLOCKS:
        raise TooHeavy(
            f"{TOO_DEEP}. More than {DEEPEST_BLOCKS} `if`, `elif` or `for` at once", line
        )


def _expression(tokens: list[Token], line: int) -> None:
    """No lists (a loop over `[a, a]` doubles), no methods (they change what they are called on),
    no filter outside the table."""
    if sum(text in "~+" for kind, text in tokens if kind == "operator") > MOST_JOINED:
        raise TooHeavy(f"More than {MOST_JOINED} `~` and `+` in one block", line)
    brackets: list[str] = []
    in_target = tokens[:1] == [("name", "for")]
    for index, (kind, text) in enumerate(tokens):
        before = tokens[max(index - 2, 0) : index]
        if before[-1:] == [("operator", "|")] and text not in FILTERS:
            raise NotAllowed(f"The filter `{text}` is not allowed", line)
        in_target = in_target and text != "in"
        if kind == "name" and text.startswith(OURS):
            raise NotAllowed("A name cannot start with two underscores", line)
        if kind != "operator":
            continue
        if text in "([":
            brackets.append(_bracket(text, before, line))
        elif text in ")]" and brackets:
            brackets.pop()
        elif text == "," and not in_target and brackets[-1:] != ["arguments"]:
            raise NotAllowed("A list is not allowed", line)


def _bracket(text: str, before: list[Token], line: int) -> str:
    """What it opens: a group, an index, or the arguments of a filter or test."""
    kind, previous = before[-1] if before else ("", "")
    is_value = kind in ("name", "string") and previous not in KEYWORDS
    if text == "[":
        if is_value or previous in (")", "]"):
            return "index"
        raise NotAllowed("A list is not allowed", line)
    if not is_value and previous not in (")", "]"):
        return "group"
    if kind == "name" and before[0][1] in ("|", "is", "not") and len(before) == 2:
        return "arguments"
    raise NotAllowed("A call is not allowed", line)


def _optional(tokens: list[Token]) -> set[str]:
    """Names that are asked for with `|default` or `is defined`."""
    found = set()
    for index, (kind, name) in enumerate(tokens):
        before = tokens[index - 1] if index else ("", "")
        after = [text for _, text in tokens[index + 1 : index + 4]]
        if kind != "name" or before == ("operator", "."):
            continue
        asks = after[:2] in (["|", "default"], ["|", "d"], ["is", "defined"])
        if asks or after == ["is", "not", "defined"]:
            found.add(name)
    return found


@pass_state
def _meter(state: Any, value: object) -> object:
    """Counts what a field has printed so far, in the state of this one rendering."""
    printed = (state.get_temp("printed") or 0) + len(str(value))
    if printed > MAX_OUTPUT:
        raise OverflowError
    state.set_temp("printed", printed)
    return value


def _finalizer(written: Callable[[object], object]) -> Any:
    @pass_state
    def finalize(state: Any, value: object) -> object:
        return written(_meter(state, value))

    return finalize


def _join(values: Iterable[object], separator: str = "") -> str:
    pieces = [str(value) for value in values]
    if sum(map(len, pieces)) + len(pieces) * len(separator) > MAX_OUTPUT:
        raise OverflowError
    return separator.join(pieces)


def _replace(text: object, old: str, new: str) -> str:
    source = str(text)
    if len(source) + source.count(old) * len(new) > MAX_OUTPUT:
        raise OverflowError
    return source.replace(old, new)
