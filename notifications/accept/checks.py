"""What a request has to satisfy besides naming people and a template: its variables, its files, its
reply address and its times. Each check raises InvalidFields.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import msgspec

from channels.base import Channel
from notifications.accept.requests import SendRequest
from notifications.attachments.store import LARGEST
from notifyproj.core.api.errors import InvalidFields
from preferences.facts.types import TypeValue
from templates.versions.published import (
    RenderFailed,
    VersionValue,
    needs,
    reply_address,
    reply_addresses,
)

LONGEST_LIFE = timedelta(days=7)
FARTHEST = timedelta(days=366)
LATE = timedelta(seconds=60)  # a schedule this much in the past is a slow network, not a mistake
MOST_VARIABLES = 64 * 1024  # bytes of JSON
MOST_METADATA = 4 * 1024
GATHERED = ("items", "count")  # variables of a digest


def check_sizes(request: SendRequest) -> None:
    for name, limit in (("variables", MOST_VARIABLES), ("metadata", MOST_METADATA)):
        value = getattr(request, name)
        if value and len(msgspec.json.encode(value)) > limit:
            raise InvalidFields({name: f"`{name}` must not exceed {limit:,} bytes of JSON."})


def given_later(type_: TypeValue) -> tuple[str, ...]:
    """Variables that no request gives: a digest brings its items itself."""
    return GATHERED if type_.digest else ()


def check_variables(request: SendRequest, version: VersionValue, type_: TypeValue) -> None:
    """Checks the names of the variables, then their values by the version's schema."""
    given = given_later(type_)
    missing = [
        name
        for name in version.variables
        if request.variables.get(name) is None and name not in given
    ]
    if missing:
        fields = {
            f"variables.{name}": f"{version.name} requires the variable `{name}`."
            for name in missing
        }
        raise InvalidFields(fields, "missing_variable")
    if wrong := needs(version.id).wrong_variables(request.variables, given):
        fields = {f"variables.{place}": words for place, words in wrong.items()}
        raise InvalidFields(fields, "invalid_variable")


def check_reply_address(
    request: SendRequest, version: VersionValue, later: Collection[str]
) -> None:
    """Whether a person could answer, by the rule that sends: so nobody learns of it by failed
    deliveries."""
    for locale, names in reply_addresses(version.id):
        if not set(names).isdisjoint(later):
            continue
        try:
            reply_address(version.id, locale, request.variables)
        except RenderFailed as error:
            raise _no_reply_address(version, names, error.message) from None


def _no_reply_address(version: VersionValue, names: Collection[str], why: str) -> InvalidFields:
    """At the variables it is made of; without any, no request can make it better."""
    text = f"The reply address of {version.name} is invalid. {why}"
    fields = {f"variables.{name}": text for name in names} or {"template_id": text}
    return InvalidFields(fields, "invalid_variable" if names else "invalid")


def check_files(request: SendRequest, channels: tuple[str, ...], files: Mapping[str, int]) -> None:
    if not request.attachments:
        return
    if Channel.EMAIL not in channels:
        raise InvalidFields({"attachments": "Attachments require the channel `email`."})
    for index, id_ in enumerate(request.attachments):
        if str(id_) not in files:
            text = "Attachment not found."
            raise InvalidFields({f"attachments[{index}]": text}, "unknown_attachment", 422)
    if sum(files[id_] for id_ in {*map(str, request.attachments)}) > LARGEST:
        raise InvalidFields(
            {"attachments": f"The attachments must not exceed {LARGEST >> 20} MB in total."}
        )


def times(
    request: SendRequest, type_: TypeValue, now: datetime
) -> tuple[datetime | None, datetime]:
    """Returns (time to send or None, expiry), both aware."""
    scheduled = _aware("scheduled_at", request.scheduled_at)
    if scheduled and scheduled < now - LATE:
        raise InvalidFields({"scheduled_at": "`scheduled_at` must not be in the past."})
    if scheduled and scheduled > now + FARTHEST:
        raise InvalidFields({"scheduled_at": "`scheduled_at` must be at most one year ahead."})
    start = max(scheduled or now, now)
    if request.expires_at is not None and request.ttl_seconds is not None:
        raise InvalidFields(
            {"expires_at": "Only one of `expires_at` and `ttl_seconds` is allowed."}
        )
    expires = _aware("expires_at", request.expires_at)
    if expires is None:
        seconds = request.ttl_seconds or type_.ttl_seconds
        expires = start + min(timedelta(seconds=seconds), LONGEST_LIFE)
    if expires <= start:
        raise InvalidFields({"expires_at": "`expires_at` must be later than the time of sending."})
    if expires > start + LONGEST_LIFE:
        raise InvalidFields(
            {"expires_at": "`expires_at` must be at most 7 days after the time of sending."}
        )
    return (scheduled if scheduled and scheduled > now else None), expires


def _aware(name: str, value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise InvalidFields(
            {name: f"`{name}` must have a UTC offset: 2026-11-22T09:00:00+01:00 or …Z."}
        )
    return value
