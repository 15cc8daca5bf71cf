"""MJML into the HTML that mail programs understand, once, when a version is published. Pure.

The library reads no files and asks no network: an `mj-include` is refused, and no font is fetched
from anywhere when the mail is opened unless the text itself says so.
"""

import re

import mrml

from templates.build.placeholders import held
from templates.engine.tokens import TOO_DEEP, NotAllowed, TooHeavy

POSITION = re.compile(r" at position (\d+)(?::(\d+))?")
# A `>` may stand in an attribute, where it ends nothing. What does not match has no end.
TAG = re.compile(
    r"""<!--(?:.*?-->|.*)|<(/?)([a-zA-Z][\w:-]*)((?:[^<>"']++|"[^"]*"|'[^']*')*)(>?)""", re.DOTALL
)
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
DEEPEST = 100  # elements inside one another: the library recurses, and would end the process
PARSING = mrml.ParserOptions(include_loader=mrml.noop_loader())
WRITING = mrml.RenderOptions(fonts={})


def to_html(source: str) -> str:
    """Variables, `if` and `for` stay as they were written. Raises NotAllowed, with the line."""
    kept = held(source)
    _check_depth(kept.text)
    _check_nesting(kept.text)
    try:
        html = mrml.to_html(kept.text, PARSING, WRITING).content
    except (OSError, ValueError) as error:
        raise NotAllowed(*_why(str(error), kept.text)) from None
    if unknown := re.search(r"<(mj-[\w-]+)", html):
        line = _line(kept.text, kept.text.find(unknown[0]))
        raise NotAllowed(f"MJML knows no `{unknown[1]}` at this place", line)
    if lost := kept.missing_from(html):
        shown = lost[0].text[:60]
        raise NotAllowed(f"MJML shows nothing at this place: `{shown}`", lost[0].line)
    return kept.back_in(html)


def _check_depth(text: str) -> None:
    depth = 0
    for found in TAG.finditer(text):
        closing, name, rest, end = found.groups()
        if name is None:
            continue  # a comment
        if not end:
            raise NotAllowed(
                f"This is not MJML: `<{name}` does not end", _line(text, found.start())
            )
        if name in VOID or rest.endswith("/"):
            continue
        depth = max(depth - 1, 0) if closing else depth + 1
        if depth > DEEPEST:
            line = _line(text, found.start())
            raise TooHeavy(f"{TOO_DEEP}. More than {DEEPEST} elements inside one another", line)


def _check_nesting(text: str) -> None:
    """For its line, which the library does not tell."""
    opened: list[tuple[str, int]] = []
    for found in TAG.finditer(text):
        closing, name, rest = found[1], found[2] or "", found[3] or ""
        if not name.startswith("mj") or rest.endswith("/"):
            continue
        line = _line(text, found.start())
        if not closing:
            opened.append((name, line))
        elif not opened or opened.pop()[0] != name:
            raise NotAllowed(f"This is not MJML: `</{name}>` ends nothing that is open", line)
    if opened:
        raise NotAllowed(f"This is not MJML: `<{opened[-1][0]}>` does not end", opened[-1][1])


def _why(message: str, text: str) -> tuple[str, int]:
    """The library tells a place in bytes, of some mistakes only."""
    reason = POSITION.sub("", message).replace(" in root template", "")
    found = POSITION.search(message)
    if "included" in reason:
        reason = "mj-include is not allowed: use a partial"
    line = text.encode()[: int(found[1])].count(b"\n") + 1 if found else 1
    return f"This is not MJML: {reason}", line


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, max(at, 0)) + 1
