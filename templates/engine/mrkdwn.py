"""Slack's text, in which `<https://x|here>` is a link and `<!channel>` calls everybody. Pure.

What people and services put into a text is text: only its author makes links in it. So the
author's own signs are marked before the engine runs, and what it prints is escaped but for them;
conditions and filters see values as they are.

https://docs.slack.dev/messaging/formatting-message-text (read 2026-11)
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from templates.engine.tokens import PRINT, TOKEN, segments

MARKS = dict(zip("<>&[]\\", "\ufdd0\ufdd1\ufdd2\ufdd3\ufdd4\ufdd5", strict=True))
# A backslash in quotes begins an escape of the language.
MARK = str.maketrans({sign: mark for sign, mark in MARKS.items() if sign != "\\"})
UNMARK = {mark: sign for sign, mark in MARKS.items()}
NO_MARKS = str.maketrans(dict.fromkeys(UNMARK))
ESCAPES = str.maketrans({**UNMARK, "&": "&amp;", "<": "&lt;", ">": "&gt;"})
# A `markdown` block has links of its own, and its adapter writes these as Slack reads them there.
MARKDOWN = "markdown"
OF_MARKDOWN = ESCAPES | str.maketrans({"[": "&#91;", "]": "&#93;", "\\": "&#92;"})

COMPARED = frozenset(("==", "!=", "<", ">", "<=", ">=", "in"))
STANDS_IN = frozenset(("default", "d"))  # filters whose argument is printed


def marked(source: str) -> str:
    """With its author's signs marked, where they are printed."""
    return "".join(
        "".join(_marked(one.text)) if one.kind == PRINT else one.text for one in segments(source)
    )


def escaping(source: str) -> Callable[[object], object]:
    """What becomes of each value that the source prints."""
    table = OF_MARKDOWN if MARKDOWN in source else ESCAPES
    return lambda value: _translated(_plain(value), table)


def without_marks(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Nobody but the author has any."""
    return {name: _translated(value, NO_MARKS) for name, value in variables.items()}


def _marked(block: str) -> Iterator[str]:
    tokens = [found for found in TOKEN.finditer(block, 2) if found.lastgroup != "space"]
    brackets: list[bool] = []  # whether what is inside is not printed
    end = 0
    for at, token in enumerate(tokens):
        before, after = _text(tokens, at - 1), _text(tokens, at + 1)
        if token[0] in "([":
            is_argument = _text(tokens, at - 2) in ("|", "is", "not")
            brackets.append(token[0] == "[" or (is_argument and before not in STANDS_IN))
        elif token[0] in ")]" and brackets:
            brackets.pop()
        if token.lastgroup != "string" or any(brackets):
            continue
        if not {before, after} & COMPARED and after != "|":
            yield block[end : token.start()] + token[0][0]
            yield token[0][1:-1].translate(MARK) + token[0][-1]
            end = token.end()
    yield block[end:]


def _text(tokens: list[Any], at: int) -> str:
    return str(tokens[at][0]) if 0 <= at < len(tokens) else ""


def _plain(value: object) -> object:
    """`|escape` has written it as JSON already."""
    if not isinstance(value, str) or not hasattr(value, "__html__"):
        return value
    try:
        return msgspec.json.decode(str(value))
    except (msgspec.DecodeError, UnicodeEncodeError):
        return str(value)


def _translated(value: Any, table: Mapping[int, Any]) -> Any:
    if isinstance(value, str):
        return value.translate(table)
    if isinstance(value, Mapping):
        return {_translated(k, table): _translated(inner, table) for k, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_translated(inner, table) for inner in value]
    return value
