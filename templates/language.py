"""The part of the Jinja language that messages may use, and what a source costs to render.

The engine bounds instructions ("fuel") but not memory: `{% set b = a ~ a %}` forty times, a macro
that prints its argument twice, `"x" * 10**9` or `|format("%999999999d")` all end the process. So
nothing that binds a name to a value larger than it was given is in the language: text, `{{ … }}`
with a few filters, `if` and `for` remain, and what they write grows with the source and its
variables only.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

TAGS = frozenset({"if", "elif", "else", "endif", "for", "endfor"})
FILTERS = frozenset(
    "abs bool capitalize count d default dictsort e escape first float int items join last length "
    "list lower max min pluralize replace reverse round sort string striptags sum title trim "
    "truncate unique upper urlencode".split()
)
MAX_SOURCE = 100_000  # characters of one field

OPENING = re.compile(r"\{\{|\{%|\{#")
TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<end>-?%\}|-?\}\}|\+%\}|\+\}\})
      | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<number>\d[\w.]*)
      | (?P<name>[^\W\d]\w*)
      | (?P<operator>//|==|!=|<=|>=|[-+~/%<>=|.,:()\[\]])
    """,
    re.VERBOSE | re.DOTALL,
)
KEYWORDS = frozenset("and else for if in is not or".split())
DEEPER = {"for": 1, "if": 1, "endfor": -1, "endif": -1}
CLOSED_BY = {"{{": "}}", "{%": "%}"}


class NotAllowed(ValueError):
    """Outside the language; the message says what and is safe to show."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True)
class Source:
    """What reading a source found."""

    prints: int = 0
    loops: int = 0
    looped_text: int = 0  # characters inside loops: written again with each turn
    optional: set[str] = field(default_factory=set)  # names it can do without


def read(text: str) -> Source:
    """Raises NotAllowed."""
    if len(text) > MAX_SOURCE:
        raise NotAllowed(f"Longer than {MAX_SOURCE} characters", 1)
    source, depth, at = Source(), 0, 0
    while opening := OPENING.search(text, at):
        source.looped_text += (opening.start() - at) if depth else 0
        start, at = opening.start(), opening.end()
        if opening[0] == "{#":
            at = _after_comment(text, start)
            continue
        tokens, at = _block(text, opening)
        line = _line(text, start)
        if opening[0] == "{{":
            source.prints += 1
        else:
            depth += _tag(tokens, source, line)
        _expression(tokens, line)
        source.optional |= _optional(tokens)
    source.looped_text += (len(text) - at) if depth > 0 else 0
    return source


class Certain(NamedTuple):
    """What a text says whatever its variables are."""

    words: frozenset[str]
    names: frozenset[str]  # variables printed as they are


def certain(text: str) -> Certain:
    """What stands outside of every `if` and `for`. Raises NotAllowed."""
    plain, names, depth, at = [], set[str](), 0, 0
    while opening := OPENING.search(text, at):
        if depth == 0:
            plain.append(text[at : opening.start()])
        if opening[0] == "{#":
            at = _after_comment(text, opening.start())
            continue
        tokens, at = _block(text, opening)
        if opening[0] == "{%":
            depth += DEEPER.get(tokens[0][1] if tokens else "", 0)
        elif depth == 0 and len(tokens) == 1 and tokens[0][0] == "name":
            names.add(tokens[0][1])
    plain.append(text[at:] if depth == 0 else "")
    return Certain(frozenset(re.findall(r"\w+", " ".join(plain))), frozenset(names))


def _block(text: str, opening: re.Match[str]) -> tuple[list[tuple[str, str]], int]:
    """The tokens up to the block's end, and where that is."""
    tokens: list[tuple[str, str]] = []
    at = opening.end()
    if text[at : at + 1] in ("-", "+"):
        at += 1
    while token := TOKEN.match(text, at):
        at = token.end()
        kind = str(token.lastgroup)
        if kind == "end":
            if token[0][-2:] != CLOSED_BY[opening[0]]:
                break
            return tokens, at
        if kind != "space":
            tokens.append((kind, token[0]))
    shown = text[at : at + 1]
    message = f"`{shown}` is not allowed in a block" if shown else "A block is not closed"
    raise NotAllowed(message, _line(text, at))


def _tag(tokens: list[tuple[str, str]], source: Source, line: int) -> int:
    """How much deeper in loops the text after this tag is."""
    name = tokens[0][1] if tokens else ""
    if name not in TAGS:
        raise NotAllowed(f"The tag `{name}` is not allowed; there are `if` and `for`", line)
    if ("name", "recursive") in tokens:
        raise NotAllowed("A loop cannot be recursive", line)
    source.loops += name == "for"
    return {"for": 1, "endfor": -1}.get(name, 0)


def _expression(tokens: list[tuple[str, str]], line: int) -> None:
    """No lists (a loop over `[a, a]` doubles), no methods (they change what they are called on),
    no filter outside the table."""
    brackets: list[str] = []
    in_target = tokens[:1] == [("name", "for")]
    for index, (kind, text) in enumerate(tokens):
        before = tokens[max(index - 2, 0) : index]
        if before[-1:] == [("operator", "|")] and text not in FILTERS:
            raise NotAllowed(f"The filter `{text}` is not allowed", line)
        in_target = in_target and text != "in"
        if kind != "operator":
            continue
        if text in "([":
            brackets.append(_bracket(text, before, line))
        elif text in ")]" and brackets:
            brackets.pop()
        elif text == "," and not in_target and brackets[-1:] != ["arguments"]:
            raise NotAllowed("A list is not allowed", line)


def _bracket(text: str, before: list[tuple[str, str]], line: int) -> str:
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


def _optional(tokens: list[tuple[str, str]]) -> set[str]:
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


def _after_comment(text: str, start: int) -> int:
    end = text.find("#}", start + 2)
    if end < 0:
        raise NotAllowed("A comment is not closed", _line(text, start))
    return end + 2


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
