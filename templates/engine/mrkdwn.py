"""Slack's text, in which `<https://x|here>` is a link and `<!channel>` calls everybody. Pure.

https://docs.slack.dev/messaging/formatting-message-text (read 2026-11)
"""

from collections.abc import Mapping
from typing import Any

ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def escaped(variables: Mapping[str, Any]) -> dict[str, Any]:
    """What people and services put into a text is text: only its author makes links in it.

    Escaped before it is written, for where it is printed an author's own `<` is beside it.
    """
    return {name: _escaped(value) for name, value in variables.items()}


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(ESCAPES)
    if isinstance(value, Mapping):
        return {_escaped(name): _escaped(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(inner) for inner in value]
    return value
