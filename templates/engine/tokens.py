"""A source cut into its pieces: text, `{{ … }}`, `{% … %}` and `{# … #}`. Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple

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
CLOSED_BY = {"{{": "}}", "{%": "%}"}
TEXT, PRINT, TAG, COMMENT = "text", "{{", "{%", "{#"

MOST_TOKENS = 300  # of one block: the engine calls itself for each, and would end the process
DEEPEST_BRACKETS = 20
OPENS, CLOSES = frozenset("(["), frozenset(")]")
TOO_DEEP = "The template is nested too deeply"

Token = tuple[str, str]  # kind and text


class NotAllowed(ValueError):
    """Outside the language; the message says what and is safe to show."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class TooHeavy(NotAllowed):
    """More than the programs that read it can bear: such a text is not even stored."""


class Segment(NamedTuple):
    kind: str  # TEXT, PRINT, TAG or COMMENT
    text: str  # as it is written, with its braces
    line: int
    tokens: list[Token]

    @property
    def word(self) -> str:
        """The first one of a tag: `if`, `for`, `include`."""
        return self.tokens[0][1] if self.kind == TAG and self.tokens else ""


def segments(text: str) -> Iterator[Segment]:
    """All of it, in its order. Raises NotAllowed."""
    at, line = 0, 1
    while opening := OPENING.search(text, at):
        start = opening.start()
        if start > at:
            yield Segment(TEXT, text[at:start], line, [])
            line += text.count("\n", at, start)
        tokens: list[Token] = []
        if opening[0] == COMMENT:
            at = _after_comment(text, start, line)
        else:
            tokens, at = _block(text, opening, line)
        yield Segment(opening[0], text[start:at], line, tokens)
        line += text.count("\n", start, at)
    if at < len(text):
        yield Segment(TEXT, text[at:], line, [])


def _block(text: str, opening: re.Match[str], line: int) -> tuple[list[Token], int]:
    """The tokens up to the block's end, and where that is."""
    tokens: list[Token] = []
    at, depth = opening.end(), 0
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
            depth += (token[0] in OPENS) - (token[0] in CLOSES)
            if depth > DEEPEST_BRACKETS or len(tokens) > MOST_TOKENS:
                raise _too_heavy(depth, line + text.count("\n", opening.start(), at))
    shown = text[at : at + 1]
    message = f"`{shown}` is not allowed in a block" if shown else "A block is not closed"
    raise NotAllowed(message, line + text.count("\n", opening.start(), at))


def _too_heavy(depth: int, line: int) -> TooHeavy:
    if depth > DEEPEST_BRACKETS:
        return TooHeavy(
            f"{TOO_DEEP}. More than {DEEPEST_BRACKETS} brackets inside one another", line
        )
    return TooHeavy(f"{TOO_DEEP}. More than {MOST_TOKENS} names and signs in one block", line)


def _after_comment(text: str, start: int, line: int) -> int:
    end = text.find("#}", start + 2)
    if end < 0:
        raise NotAllowed("A comment is not closed", line)
    return end + 2
