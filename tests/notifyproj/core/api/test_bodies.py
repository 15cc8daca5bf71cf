"""A body may be large; lists and objects inside one another are counted before it is decoded."""

from typing import Any

import pytest

from notifyproj.core.api.bodies import DEEPEST, decode
from notifyproj.core.api.errors import InvalidFields


def _deep(levels: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * levels + "1" + closing * levels).encode()


@pytest.mark.parametrize(
    "body",
    [
        _deep(DEEPEST + 1),
        _deep(100_000),
        _deep(200, '{"a":', "}"),
        b'["]]]]", ' + _deep(DEEPEST + 1) + b"]",
        b'["\\"]", ' + _deep(DEEPEST + 1) + b"]",
        b"[" * 100_000,
    ],
    ids=["just", "far", "objects", "texts", "escapes", "open"],
)
def test_what_is_too_deep_is_a_mistake_of_the_body(body: bytes) -> None:
    with pytest.raises(InvalidFields) as caught:
        decode(body, Any)
    assert "body" in caught.value.fields


@pytest.mark.parametrize(
    "body",
    [
        _deep(DEEPEST),
        b"[" + b",".join([b"[[]]"] * 10_000) + b"]",
        b'["' + b"[" * 1_000 + b'"]',
        b'["\\\\", "' + b"[{" * 500 + b'"]',
        b'["\\\\u0000"]',
    ],
    ids=["deepest", "wide", "text", "after escape", "a backslash before u0000"],
)
def test_what_is_large_or_says_brackets_is_read(body: bytes) -> None:
    decode(body, Any)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text", [b'"' + b'\\"' * 500_000, b'"' + b"\\" * 1_000_001, b'"a' * 300_000]
)
def test_a_text_that_never_ends_is_looked_at_once(text: bytes) -> None:
    with pytest.raises(InvalidFields):
        decode(b"[" * 60 + b"[]," * 10 + text, Any)
