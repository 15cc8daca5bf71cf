"""A parsed request, checked against types, templates and people, and ready to be written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from channels.base import Channel
from notifications.accept.duplicates import content_hash
from notifications.accept.marketing_rules import check_way_out
from notifications.accept.reply_address import check_reply_address
from notifications.accept.requests import SendRequest
from notifications.attachments.store import LARGEST
from notifications.variables import seal
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.clock import milliseconds
from notifyproj.core.encryption import Undecryptable
from notifyproj.core.ids import uuid7
from preferences.addresses.addresses import open_data_key
from preferences.facts.facts import find_recipients
from preferences.facts.types import LANE_OF, PRIORITY_OF, TypeValue, catalogue
from templates.versions.published import VersionValue, find_version, needs

LONGEST_LIFE = timedelta(days=7)
FARTHEST = timedelta(days=366)
LATE = timedelta(seconds=60)  # a schedule this much in the past is a slow network, not a mistake
MOST_VARIABLES = 64 * 1024  # bytes of JSON
MOST_METADATA = 4 * 1024
NO_FILES: Mapping[str, int] = {}
GATHERED = ("items", "count")  # variables of a digest


@dataclass(frozen=True, slots=True)
class Known:
    """A recipient as accepting needs it: the id, and the opened key that seals the variables."""

    id: int
    external_id: str
    data_key: bytes | None

    def key(self) -> bytes | None:
        return open_data_key(self.data_key, self.external_id) if self.data_key else None


@dataclass(frozen=True, slots=True)
class Draft:
    id: UUID
    request: SendRequest
    type: TypeValue
    version: VersionValue
    lane: int
    channels: tuple[str, ...]
    known: tuple[Known, ...]
    unknown: tuple[str, ...]
    scheduled_at: datetime | None
    expires_at: datetime
    warnings: tuple[dict[str, str], ...]
    sealed: bytes  # its variables
    everyone: bool = False
    gathered: bool = False  # made of a digest's items
    content_hash: bytes = b""  # what its duplicates share

    @property
    def recipient_ids(self) -> list[int]:
        return [person.id for person in self.known]

    @property
    def only_recipient_id(self) -> int:
        """0: it goes to several, or to everybody."""
        alone = len(self.known) == 1 and not self.unknown and not self.everyone
        return self.known[0].id if alone else 0

    @property
    def attachment_ids(self) -> list[str]:
        return attachment_ids(self.request)

    @property
    def size(self) -> int:
        """About how many deliveries it will be."""
        return (len(self.known) + len(self.unknown)) * len(self.channels)


def attachment_ids(request: SendRequest) -> list[str]:
    """Each once, in the order given."""
    return list(dict.fromkeys(map(str, request.attachments)))


def load_recipients(requests: Iterable[SendRequest]) -> dict[str, Known]:
    names = {name for request in requests for name in _names(request)}
    return {row[1]: Known(*row) for row in find_recipients(names)} if names else {}


def draft(
    request: SendRequest,
    recipients: dict[str, Known],
    now: datetime,
    *,
    files: Mapping[str, int] = NO_FILES,
    everyone: bool = False,
) -> Draft:
    """`files`: the size of each attachment there is. `everyone`: the request names nobody, its
    audience is every recipient. Raises InvalidFields.
    """
    type_ = catalogue.get().by_slug.get(request.type)
    if type_ is None:
        raise InvalidFields({"type": f"No notification type is called {request.type!r}."})
    version = _version(request, type_)
    channels = _channels(request, type_, version)
    known, unknown = ((), ()) if everyone else _people(request, recipients)
    check_way_out(request, type_, version, _may_go_to(type_, channels))
    _check_sizes(request)
    _check_variables(request, version, type_)
    check_reply_address(request, version, _may_go_to(type_, channels), _given_later(type_))
    _check_files(request, channels, files)
    scheduled_at, expires_at = _times(request, type_, now)
    lane = max(LANE_OF[request.priority], type_.max_lane)
    id_ = uuid7(milliseconds(now))
    return Draft(
        id=id_,
        request=request,
        type=type_,
        version=version,
        lane=lane,
        channels=channels,
        known=known,
        unknown=unknown,
        scheduled_at=scheduled_at,
        expires_at=expires_at,
        warnings=_warnings(request, lane),
        sealed=_seal(id_, request, known if not unknown else ()),
        everyone=everyone,
        content_hash=content_hash(request, type_, version.id),
    )


def _seal(id_: UUID, request: SendRequest, known: tuple[Known, ...]) -> bytes:
    """Under the key of whom alone it goes to; of the erased nothing is kept any more."""
    if len(known) != 1:
        return seal(str(id_), request.variables, None)
    try:
        key = known[0].key()
    except Undecryptable:
        text = "What is known of this person can no longer be read."
        raise InvalidFields({"user_id": text}, "recipient_unreadable", 422) from None
    return seal(str(id_), request.variables, key) if key else b""


def _names(request: SendRequest) -> list[str]:
    return request.user_ids or ([request.user_id] if request.user_id else [])


def _people(
    request: SendRequest, recipients: dict[str, Known]
) -> tuple[tuple[Known, ...], tuple[str, ...]]:
    if (request.user_id is None) == (request.user_ids is None):
        raise InvalidFields({"user_id": "Give exactly one of user_id and user_ids."})
    names = list(dict.fromkeys(_names(request)))
    known = tuple(recipients[name] for name in names if name in recipients)
    unknown = tuple(name for name in names if name not in recipients)
    if request.user_id is not None and unknown:
        text = f"No recipient is known as {request.user_id!r}."
        raise InvalidFields({"user_id": text}, "unknown_recipient", 422)
    return known, unknown


def _version(request: SendRequest, type_: TypeValue) -> VersionValue:
    template_id = request.template_id or type_.template
    if not template_id:
        raise InvalidFields({"template_id": "This type has no template of its own: name one."})
    version = find_version(template_id)
    if version is None:
        raise InvalidFields({"template_id": f"No published template is called {template_id!r}."})
    return version


def _channels(request: SendRequest, type_: TypeValue, version: VersionValue) -> tuple[str, ...]:
    if request.channels is not None:
        wanted = tuple(dict.fromkeys(channel.value for channel in request.channels))
        missing = [channel for channel in wanted if channel not in version.channels]
        if missing:
            text = f"{version.name} has no part for {', '.join(missing)}."
            raise InvalidFields({"channels": text})
        return wanted
    channels = tuple(channel for channel in type_.channels if channel in version.channels)
    if not channels:
        text = f"{version.name} has no part for any channel of {type_.slug}."
        raise InvalidFields({"template_id": text})
    return channels


def _may_go_to(type_: TypeValue, channels: tuple[str, ...]) -> set[str]:
    return {*channels, *(step.to for step in type_.fallbacks)}


def _check_variables(request: SendRequest, version: VersionValue, type_: TypeValue) -> None:
    """By name, then by the version's schema."""
    given = _given_later(type_)
    missing = [
        name
        for name in version.variables
        if request.variables.get(name) is None and name not in given
    ]
    if missing:
        fields = {f"variables.{name}": f"{version.name} needs {name}." for name in missing}
        raise InvalidFields(fields, "missing_variable")
    if wrong := needs(version.id).wrong_variables(request.variables, given):
        fields = {f"variables.{place}": words for place, words in wrong.items()}
        raise InvalidFields(fields, "invalid_variable")


def _given_later(type_: TypeValue) -> tuple[str, ...]:
    """A digest brings its items itself."""
    return GATHERED if type_.digest else ()


def _check_sizes(request: SendRequest) -> None:
    for name, limit in (("variables", MOST_VARIABLES), ("metadata", MOST_METADATA)):
        value = getattr(request, name)
        if value and len(msgspec.json.encode(value)) > limit:
            raise InvalidFields({name: f"At most {limit:,} bytes of JSON."})


def _check_files(request: SendRequest, channels: tuple[str, ...], files: Mapping[str, int]) -> None:
    if not request.attachments:
        return
    if Channel.EMAIL not in channels:
        raise InvalidFields({"attachments": "Only e-mail carries files, and this has no e-mail."})
    for index, id_ in enumerate(request.attachments):
        if str(id_) not in files:
            text = "This service has no such attachment."
            raise InvalidFields({f"attachments[{index}]": text}, "unknown_attachment", 422)
    if sum(files[id_] for id_ in attachment_ids(request)) > LARGEST:
        raise InvalidFields({"attachments": f"At most {LARGEST >> 20} MB together."})


def _times(
    request: SendRequest, type_: TypeValue, now: datetime
) -> tuple[datetime | None, datetime]:
    """(scheduled or None, expiry), both aware."""
    scheduled = _aware("scheduled_at", request.scheduled_at)
    if scheduled and scheduled < now - LATE:
        raise InvalidFields({"scheduled_at": "This is in the past."})
    if scheduled and scheduled > now + FARTHEST:
        raise InvalidFields({"scheduled_at": "At most a year ahead."})
    start = max(scheduled or now, now)
    if request.expires_at is not None and request.ttl_seconds is not None:
        raise InvalidFields({"expires_at": "Give one of expires_at and ttl_seconds."})
    expires = _aware("expires_at", request.expires_at)
    if expires is None:
        seconds = request.ttl_seconds or type_.ttl_seconds
        expires = start + min(timedelta(seconds=seconds), LONGEST_LIFE)
    if expires <= start:
        raise InvalidFields({"expires_at": "Must be after the message is to be sent."})
    if expires > start + LONGEST_LIFE:
        raise InvalidFields({"expires_at": "At most 7 days after the message is to be sent."})
    return (scheduled if scheduled and scheduled > now else None), expires


def _aware(name: str, value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise InvalidFields({name: "Needs a zone: 2026-11-22T09:00:00+01:00 or …Z."})
    return value


def _warnings(request: SendRequest, lane: int) -> tuple[dict[str, str], ...]:
    if LANE_OF[request.priority] == lane:
        return ()
    given = PRIORITY_OF[lane]  # type: ignore[index]
    text = f"{request.type} goes with {given} priority at most: lowered from {request.priority}."
    return ({"code": "priority_lowered", "message": text},)
