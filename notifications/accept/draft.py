"""A parsed request, checked against types, templates and people, and ready to be written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from channels.base import Channel
from notifications.accept import checks
from notifications.accept.marketing_rules import check_way_out
from notifications.accept.requests import SendRequest
from notifications.variables import seal
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.clock import milliseconds
from notifyproj.core.encryption import Undecryptable, lookup_hash
from notifyproj.core.ids import uuid7
from preferences.addresses.addresses import open_data_key
from preferences.decision.values import MARKETING
from preferences.facts.facts import find_recipients
from preferences.facts.types import LANE_OF, PRIORITY_OF, TypeValue, catalogue
from templates.versions.published import VersionValue, find_version

NO_FILES: Mapping[str, int] = {}
HASH_LENGTH = 12  # bytes


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
    service_id: int
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
        """Each once, in the order given."""
        return list(dict.fromkeys(map(str, self.request.attachments)))

    @property
    def size(self) -> int:
        """About how many deliveries it will be."""
        return (len(self.known) + len(self.unknown)) * len(self.channels)


def load_recipients(requests: Iterable[SendRequest]) -> dict[str, Known]:
    """Returns the recipients that the requests name, by external id; unknown ones are left out."""
    names = {name for request in requests for name in _names(request)}
    return {row[1]: Known(*row) for row in find_recipients(names)} if names else {}


def draft(
    request: SendRequest,
    recipients: dict[str, Known],
    now: datetime,
    *,
    service_id: int,
    files: Mapping[str, int] = NO_FILES,
    everyone: bool = False,
) -> Draft:
    """`files`: the size of each attachment there is. `everyone`: the request names nobody, its
    audience is every recipient. Raises InvalidFields.
    """
    type_ = catalogue.get().by_slug.get(request.type)
    if type_ is None:
        raise InvalidFields({"type": f"Notification type {request.type!r} not found."})
    version = _version(request, type_)
    channels = _channels(request, type_, version)
    known, unknown = ((), ()) if everyone else _people(request, recipients)
    _check(request, type_, version, channels, files)
    scheduled_at, expires_at = checks.times(request, type_, now)
    lane = max(LANE_OF[request.priority], type_.max_lane)
    id_ = uuid7(milliseconds(now))
    return Draft(
        id=id_,
        service_id=service_id,
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
        content_hash=_content_hash(request, type_, version.id),
    )


def _check(
    request: SendRequest,
    type_: TypeValue,
    version: VersionValue,
    channels: tuple[str, ...],
    files: Mapping[str, int],
) -> None:
    reached = {*channels, *(step.to for step in type_.fallbacks)}
    if type_.rules.legal_class == MARKETING:
        check_way_out(request, type_, version, reached)
    checks.check_sizes(request)
    checks.check_variables(request, version, type_)
    if Channel.EMAIL in reached:
        checks.check_reply_address(request, version, checks.given_later(type_))
    if request.attachments:
        checks.check_files(request, channels, files)


def _seal(id_: UUID, request: SendRequest, known: tuple[Known, ...]) -> bytes:
    """Under the key of whom alone it goes to; of the erased nothing is kept any more."""
    if len(known) != 1:
        return seal(str(id_), request.variables, None)
    try:
        key = known[0].key()
    except Undecryptable:
        text = "The data of this recipient can no longer be decrypted."
        raise InvalidFields({"user_id": text}, "recipient_unreadable", 422) from None
    return seal(str(id_), request.variables, key) if key else b""


def _names(request: SendRequest) -> list[str]:
    return request.user_ids or ([request.user_id] if request.user_id else [])


def _people(
    request: SendRequest, recipients: dict[str, Known]
) -> tuple[tuple[Known, ...], tuple[str, ...]]:
    if (request.user_id is None) == (request.user_ids is None):
        raise InvalidFields({"user_id": "Exactly one of `user_id` and `user_ids` is required."})
    names = list(dict.fromkeys(_names(request)))
    known = tuple(recipients[name] for name in names if name in recipients)
    unknown = tuple(name for name in names if name not in recipients)
    if request.user_id is not None and unknown:
        text = f"Recipient {request.user_id!r} not found."
        raise InvalidFields({"user_id": text}, "unknown_recipient", 422)
    return known, unknown


def _version(request: SendRequest, type_: TypeValue) -> VersionValue:
    template_id = request.template_id or type_.template
    if not template_id:
        text = "`template_id` is required: the notification type has no default template."
        raise InvalidFields({"template_id": text})
    version = find_version(template_id)
    if version is None:
        raise InvalidFields({"template_id": f"Published template {template_id!r} not found."})
    return version


def _channels(request: SendRequest, type_: TypeValue, version: VersionValue) -> tuple[str, ...]:
    if request.channels is not None:
        wanted = tuple(dict.fromkeys(channel.value for channel in request.channels))
        missing = [channel for channel in wanted if channel not in version.channels]
        if missing:
            text = f"{version.name} has no content for {', '.join(missing)}."
            raise InvalidFields({"channels": text})
        return wanted
    channels = tuple(channel for channel in type_.channels if channel in version.channels)
    if not channels:
        text = f"{version.name} has no content for any channel of {type_.slug}."
        raise InvalidFields({"template_id": text})
    return channels


def _warnings(request: SendRequest, lane: int) -> tuple[dict[str, str], ...]:
    if LANE_OF[request.priority] == lane:
        return ()
    given = PRIORITY_OF[lane]  # type: ignore[index]  # lane is one of the enum here
    text = f"The highest priority of {request.type} is {given}: lowered from {request.priority}."
    return ({"code": "priority_lowered", "message": text},)


def _content_hash(request: SendRequest, type_: TypeValue, template_version_id: int) -> bytes:
    """What two requests share that say the same: their collapse key, or their text; b"" where the
    type lets the same be sent again. Keyed, so that nobody without the key can try the texts.
    """
    if not type_.duplicate_seconds:
        return b""
    if request.collapse_key:
        return lookup_hash("collapse", request.collapse_key)[:HASH_LENGTH]
    variables = msgspec.json.encode(request.variables, order="deterministic").decode()
    return lookup_hash("content", f"{template_version_id}:{variables}")[:HASH_LENGTH]
