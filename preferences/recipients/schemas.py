"""What callers say about a person, declared once: decoded by msgspec, shown in the OpenAPI.

A field that is absent changes nothing; `null` takes an address away.
"""

import re
from collections.abc import Callable
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
EXTERNAL_ID = re.compile(r"[^/\x00-\x20\x7f]{1,200}")
RESERVED_IDS = frozenset({"import", ".", ".."})  # they would not survive in a path

ExternalId = Annotated[
    str, Meta(min_length=1, max_length=200, description="Your id of the person: no space, no `/`.")
]
Locale = Annotated[str, Meta(max_length=35, description="BCP 47: `de-AT`")]
Timezone = Annotated[str, Meta(max_length=64, description="IANA: `Europe/Vienna`")]
Attributes = Annotated[dict[str, Any], Meta(description="At most 16 KB of JSON.")]
Email = Annotated[str, Meta(max_length=254, description="Replaces the e-mail address known.")]
Phone = Annotated[str, Meta(max_length=40, description="E.164: `+14155550123`; replaces.")]


class Device(Struct, forbid_unknown_fields=True, kw_only=True):
    """A push registration. `app` may be left out when one app has that platform."""

    token: Annotated[str, Meta(min_length=1, max_length=4096)]
    platform: Literal["ios", "android", "web"]
    app: Annotated[str, Meta(max_length=50)] | None = None
    app_version: Annotated[str, Meta(max_length=32)] = ""
    kind: Literal["token", "fid"] = "token"


class Profile(Struct, forbid_unknown_fields=True, kw_only=True):
    """A person, as far as the caller wants to say."""

    locale: Locale | UnsetType = UNSET
    timezone: Timezone | UnsetType = UNSET
    attributes: Attributes | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET
    phone: Phone | UnsetType | None = UNSET


class ImportLine(Profile, forbid_unknown_fields=True, kw_only=True):
    """One line of an import: a profile, whose it is, and devices to register."""

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
        raise ValueError("1 to 200 characters, no space and no `/`; not `import`.")
    if tombstones.is_name(text):
        raise ValueError(f"Ids that begin with `{tombstones.PREFIX}` are those of erased people.")
    return text


def _locale(text: str) -> str:
    return canonical(text) if text else text


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _timezone(name: str) -> str:
    if name not in _timezones():
        raise ValueError("A time zone looks like Europe/Vienna (IANA).")
    return name


def _attributes(value: dict[str, Any]) -> dict[str, Any]:
    if len(msgspec.json.encode(value)) > ATTRIBUTES_MOST:
        raise ValueError(f"At most {ATTRIBUTES_MOST:,} bytes of JSON.")
    return value


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
