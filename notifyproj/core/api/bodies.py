"""Requests in, responses out: how large a body may be, by route (all that say nothing take what
the settings say, 1 MB), msgspec structs, which are also what the OpenAPI shows, and the header that
makes a body count once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from notifyproj.core.api.errors import ApiError, InvalidFields

T = TypeVar("T")
V = TypeVar("V", bound=Callable[..., Any])
LINES = 1 << 30  # of lists that are read a line at a time
AT_PATH = re.compile(r" - at `\$\.?([^`]*)`$")
SOMEWHERE = "[...]"  # what msgspec says of a value in an object of any names
NAMED = re.compile(r"field `([^`]*)`")
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
IDEMPOTENCY_KEY = "Idempotency-Key"
LONGEST_KEY = 190  # characters
DEEPEST = 64  # what is read is walked through, stored and written again by programs that descend
JSON_TYPES = ("application/json", "")


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """`of_strangers`: nobody has to be known for it. Others need a key, or a login. What is said
    to a larger one: its `code`, and the `field` that is too large."""

    most: int
    of_strangers: bool = False
    code: str = "body_too_large"
    field: str = "body"


def takes_body(limit: BodyLimit) -> Callable[[V], V]:
    """Marks a view, which is a function or a class."""

    def mark(view: V) -> V:
        view.body_limit = limit  # type: ignore[attr-defined]  # Django keeps what is set
        return view

    return mark


def limit_of(view: Any) -> BodyLimit | None:
    """What the view was marked with; None for most of them."""
    found = getattr(view, "body_limit", None) or getattr(
        getattr(view, "cls", None), "body_limit", None
    )
    return found if isinstance(found, BodyLimit) else None


def read_body(request: Request, type_: type[T]) -> T:
    """The JSON body as a struct. Raises InvalidFields, or ApiError 415."""
    content_type = (request.content_type or "").partition(";")[0].strip().lower()
    if content_type not in JSON_TYPES:
        message = "The content type must be application/json."
        raise ApiError(415, "unsupported_media_type", message, {"Content-Type": message})
    return decode(request._request.body, type_)


def decode(body: bytes, type_: type[T]) -> T:
    """Raises InvalidFields for anything but JSON of that type, free of NUL (Postgres has none)."""
    if body.count(b"[") + body.count(b"{") > DEEPEST and _is_deep(body):
        message = f"JSON must be nested at most {DEEPEST} levels deep."
        raise InvalidFields({"body": message}, "invalid_json")
    try:
        value = msgspec.json.decode(body, type=type_)
    except msgspec.ValidationError as error:
        raise InvalidFields(_named(str(error), type_)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"This is not valid JSON: {error}"
        raise InvalidFields({"body": message}, "invalid_json") from None
    if b"\\u0000" in body and b"\\u0000" in msgspec.json.encode(value).replace(b"\\\\", b""):
        raise InvalidFields({"body": "Text must not contain the character U+0000."})
    return value


def _is_deep(body: bytes) -> bool:
    """Removes what is innermost, level by level. Brackets in texts do not count."""
    if b"\\" in body:  # so that the quotes left are the ends of texts: every second piece is one
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(body.split(b'"')[::2]).translate(None, NO_BRACKETS)
    for _ in range(DEEPEST):
        shorter = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(shorter) == len(brackets):
            return False  # nothing left, or no JSON: the decoder says where
        brackets = shorter
    return bool(brackets)


def convert(value: object, type_: type[T]) -> T:
    """A decoded JSON value as that type. Raises InvalidFields."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise InvalidFields(_named(str(error), type_)) from None


def answer(value: Any, status: int = 200) -> HttpResponse:
    """A struct, list or dict as JSON."""
    return HttpResponse(msgspec.json.encode(value), "application/json", status)


def read_idempotency_key(request: Request) -> str:
    """Returns an empty string when the request has none. Raises InvalidFields."""
    return check_idempotency_key(request.headers.get(IDEMPOTENCY_KEY, ""))


def check_idempotency_key(key: str) -> str:
    """Returns it. Raises InvalidFields."""
    if len(key) > LONGEST_KEY or not key.isprintable():
        message = f"`{IDEMPOTENCY_KEY}` must have at most {LONGEST_KEY} printable characters."
        raise InvalidFields({IDEMPOTENCY_KEY: message})
    return key


def mark_replayed(response: HttpResponse) -> HttpResponse:
    """Says that this is what the first request with the key was told."""
    response["Idempotency-Replayed"] = "true"
    return response


def _named(message: str, type_: type) -> dict[str, str]:
    """msgspec says "Expected `int`, got `str` - at `$.age`", or names the field in its text."""
    named, at = NAMED.search(message), AT_PATH.search(message)
    path, text = (at[1], message[: at.start()]) if at else ("", message)
    path = path.removesuffix(SOMEWHERE)
    name = ".".join(part for part in (path, named[1] if named else "") if part) or "body"
    if text.startswith("Object missing required field"):
        return {name: "This field is required."}
    if named:
        return {name: text}
    return {name: _choices(type_, path) or text}


def _choices(type_: type, path: str) -> str:
    """For a field that has a few values only, which those are: msgspec does not say."""
    name = path.partition("[")[0]
    hint = get_type_hints(type_).get(name) if isinstance(type_, type) else None
    words = sorted({word for part in _parts(hint) for word in _words(part)})
    return f"`{name}` must be one of {', '.join(words)}." if words else ""


def _parts(hint: Any) -> list[Any]:
    """The type itself and what it is made of: `list[Channel] | None` holds Channel."""
    return [hint, *(part for inner in get_args(hint) for part in _parts(inner))]


def _words(part: Any) -> list[str]:
    if get_origin(part) is Literal:
        return [str(word) for word in get_args(part)]
    if isinstance(part, type) and issubclass(part, Enum):
        return [str(member.value) for member in part]
    return []
