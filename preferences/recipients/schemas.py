"""What callers say about a person, declared once: decoded by msgspec, shown in the OpenAPI.

A field that is absent changes nothing; `null` takes an address away.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from channels.base import Channel
from channels.locales import canonical
from notifyproj.core.api.errors import InvalidFields
from preferences.addresses import addresses
from preferences.recipients import tombstones

ATTRIBUTES_MOST = 16_384  # bytes, as JSON
ATTRIBUTES_NAMES = 500  # of all levels together
ATTRIBUTES_DEEPEST = 10  # levels, the attributes themselves being the first
ATTRIBUTE_NAME = 200  # characters, as in rules of segments
EXTERNAL_ID = re.compile(r"[^/\x00-\x20\x7f]{1,200}")
RESERVED_IDS = frozenset({"import", ".", ".."})  # they would not survive in a path

ExternalId = Annotated[
    str,
    Meta(
        min_length=1, max_length=200, description="Your id of the recipient, without spaces or `/`."
    ),
]
Locale = Annotated[str, Meta(max_length=35, description="BCP 47: `de-AT`")]
Timezone = Annotated[str, Meta(max_length=64, description="IANA: `Europe/Vienna`")]
ATTRIBUTES = (
    f"At most 16 KB of JSON, {ATTRIBUTES_NAMES} names of at most {ATTRIBUTE_NAME} characters, and "
    f"{ATTRIBUTES_DEEPEST} levels."
)
Attributes = Annotated[dict[str, Any], Meta(description=ATTRIBUTES)]
Email = Annotated[str, Meta(max_length=254, description="Replaces the current e-mail address.")]
Phone = Annotated[
    str, Meta(max_length=40, description="E.164: `+14155550123`. Replaces the current number.")
]


class Device(Struct, forbid_unknown_fields=True, kw_only=True):
    """A push registration. `app` is optional when only one app has the platform."""

    token: Annotated[str, Meta(min_length=1, max_length=4096)]
    platform: Literal["ios", "android", "web"]
    app: Annotated[str, Meta(max_length=50)] | None = None
    app_version: Annotated[str, Meta(max_length=32)] = ""
    kind: Literal["token", "fid"] = "token"


class Profile(Struct, forbid_unknown_fields=True, kw_only=True):
    """Fields that are left out stay unchanged; `null` removes an address."""

    locale: Locale | UnsetType = UNSET
    timezone: Timezone | UnsetType = UNSET
    attributes: Attributes | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET
    phone: Phone | UnsetType | None = UNSET


class ImportLine(Profile, forbid_unknown_fields=True, kw_only=True):
    """One line of an import: a recipient, their profile, and devices to register."""

    external_id: ExternalId
    devices: Annotated[list[Device], Meta(max_length=20)] = []


def normalise(line: ImportLine) -> ImportLine:
    """The same with its values in their one form. Raises InvalidFields with all that is wrong."""
    problems: dict[str, str] = {}
    clean: dict[str, Any] = {}
    for name, check in CHECKS.items():
        value = getattr(line, name)
        if value is UNSET or value is None:
            continue
        try:
            clean[name] = check(value)
        except ValueError as error:
            problems[name] = str(error)
    if problems:
        raise InvalidFields(problems)
    return msgspec.structs.replace(line, **clean)


def _external_id(text: str) -> str:
    if not EXTERNAL_ID.fullmatch(text) or text in RESERVED_IDS:
        raise ValueError(
            "Must have 1 to 200 characters without spaces or `/`, and must not be `import`."
        )
    if tombstones.is_name(text):
        raise ValueError(
            f"Must not begin with `{tombstones.PREFIX}`, which is reserved for erased recipients."
        )
    return text


def _locale(text: str) -> str:
    return canonical(text) if text else text


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _timezone(name: str) -> str:
    if name not in _timezones():
        raise ValueError("Must be an IANA time zone, such as Europe/Vienna.")
    return name


def _attributes(value: dict[str, Any]) -> dict[str, Any]:
    if len(msgspec.json.encode(value)) > ATTRIBUTES_MOST:
        raise ValueError(f"Must not exceed {ATTRIBUTES_MOST:,} bytes of JSON.")
    names: list[str] = []
    for depth, level in enumerate(_levels(value), 1):
        if depth > ATTRIBUTES_DEEPEST:
            raise ValueError(f"Must be nested at most {ATTRIBUTES_DEEPEST} levels deep.")
        names += [name for part in level if isinstance(part, dict) for name in part]
    if len(names) > ATTRIBUTES_NAMES:
        raise ValueError(f"Must have at most {ATTRIBUTES_NAMES} names.")
    if any(len(name) > ATTRIBUTE_NAME for name in names):
        raise ValueError(f"A name must have at most {ATTRIBUTE_NAME} characters.")
    return value


def _levels(value: dict[str, Any]) -> Iterator[list[Any]]:
    """The objects and lists in it, from the outside in."""
    level: list[Any] = [value]
    while level:
        yield level
        within = [part.values() if isinstance(part, dict) else part for part in level]
        level = [one for parts in within for one in parts if isinstance(one, dict | list)]


def _email(text: str) -> str:
    return addresses.normalise(Channel.EMAIL, text)


def _phone(text: str) -> str:
    return addresses.normalise(Channel.SMS, text)


CHECKS: dict[str, Callable[[Any], Any]] = {
    "external_id": _external_id,
    "locale": _locale,
    "timezone": _timezone,
    "attributes": _attributes,
    "email": _email,
    "phone": _phone,
}
