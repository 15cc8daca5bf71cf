"""What callers say about a person's preferences, declared once: decoded by msgspec, shown in the
OpenAPI; names resolved to what is stored. The same shape goes out, so that it can come in again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from ipaddress import ip_address
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from channels.base import Channel
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.encryption import lookup_hash
from preferences.consent.choices import Proof
from preferences.decision.quiet_hours import Hours
from preferences.models import Category, NotificationType
from preferences.recipients.schemas import CHECKS, ExternalId, Timezone

CLOCKS_DIFFER = timedelta(minutes=5)

# Type id, category id, channel; both ids None: everything, channel "": every channel.
Scope = tuple[int | None, int | None, str]
EVERYTHING: Scope = (None, None, "")
CHANNELS = frozenset({"", *Channel})
Chosen = Iterator[tuple[str, Scope, bool | UnsetType | None]]
Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="`22:00`")]
Instant = Annotated[datetime, Meta(tz=True)]
ByChannel = Annotated[
    dict[str, bool | None],
    Meta(description='By channel; "" means all channels: `{"": true, "email": false}`'),
]


class QuietHoursBody(Struct, forbid_unknown_fields=True):
    """In the time zone of the recipient; may cross midnight."""

    start: Clock
    end: Clock


class ProofBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """How consent was given. Only a keyed hash of the IP address is kept."""

    source: Annotated[str, Meta(max_length=64, description="`signup form`")] = ""
    wording: Annotated[
        str, Meta(max_length=64, description="Version of the text that was shown.")
    ] = ""
    ip: Annotated[str, Meta(max_length=45)] | None = None
    at: Instant | None = None


class PreferenceChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """A field or name that is left out stays unchanged with PATCH and import, and is removed with
    PUT; `null` removes it. PUT keeps the time zone."""

    unsubscribed: (
        Annotated[bool, Meta(description="From everything except mandatory notifications.")]
        | UnsetType
        | None
    ) = UNSET
    channels: dict[str, bool | None] | UnsetType = UNSET
    categories: dict[str, ByChannel | None] | UnsetType = UNSET
    types: dict[str, ByChannel | None] | UnsetType = UNSET
    quiet_hours: QuietHoursBody | UnsetType | None = UNSET
    timezone: Timezone | UnsetType = UNSET
    paused_until: Instant | UnsetType | None = UNSET
    proof: ProofBody | UnsetType = UNSET


class PreferenceLine(PreferenceChanges, forbid_unknown_fields=True, kw_only=True):
    """One line of an import: a recipient and the preferences to change."""

    external_id: ExternalId


@dataclass(frozen=True, slots=True)
class Names:
    types: Mapping[str, int]
    categories: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Said:
    """A body, understood. `cleared`: (type id, category id) of which no choice stays."""

    choices: Mapping[Scope, bool | None]
    cleared: frozenset[tuple[int | None, int | None]]
    quiet_hours: Hours | UnsetType | None
    timezone: str | UnsetType
    paused_until: datetime | UnsetType | None
    proof: Proof


def load_names() -> Names:
    return Names(
        dict(NotificationType.objects.values_list("slug", "pk")),
        dict(Category.objects.values_list("slug", "pk")),
    )


def understand(
    body: PreferenceChanges, names: Names, source: str, service: str, now: datetime
) -> Said:
    """Raises InvalidFields with all that is wrong."""
    wrong: dict[str, str] = {}
    choices: dict[Scope, bool | None] = {}
    cleared: set[tuple[int | None, int | None]] = set()
    if body.unsubscribed is not UNSET:
        choices[EVERYTHING] = None if body.unsubscribed is None else not body.unsubscribed
    for path, scope, enabled in _chosen(body, names, wrong):
        if enabled is UNSET:
            cleared.add(scope[:2])
        elif scope[2] not in CHANNELS or (path == "channels." and not scope[2]):
            wrong[path + scope[2]] = f"The channel must be one of {', '.join(Channel)}."
        else:
            choices[scope] = enabled
    hours = _hours(body.quiet_hours, wrong)
    if isinstance(body.timezone, str):
        _check_zone(body.timezone, wrong)
    proof = _proof(body.proof, source, service, now, wrong)
    if wrong:
        raise InvalidFields(wrong)
    return Said(
        choices=choices,
        cleared=frozenset(cleared),
        quiet_hours=hours,
        timezone=body.timezone,
        paused_until=body.paused_until,
        proof=proof,
    )


def _chosen(body: PreferenceChanges, names: Names, wrong: dict[str, str]) -> Chosen:
    """(path, scope, yes, no or None); UNSET: nothing about it is to stay."""
    for channel, enabled in (body.channels or {}).items():
        yield "channels.", (None, None, channel), enabled
    for path, said, known in (
        ("categories", body.categories, names.categories),
        ("types", body.types, names.types),
    ):
        for slug, by_channel in (said or {}).items():
            id_ = known.get(slug)
            if id_ is None:
                wrong[f"{path}.{slug}"] = f"Not found in {path}."
                continue
            about = (id_, None) if path == "types" else (None, id_)
            rows: Iterable[tuple[str, Any]] = [("", UNSET)]
            for channel, enabled in rows if by_channel is None else by_channel.items():
                yield f"{path}.{slug}.", (*about, channel), enabled


def _hours(
    body: QuietHoursBody | UnsetType | None, wrong: dict[str, str]
) -> Hours | UnsetType | None:
    if body is UNSET or body is None:
        return body
    assert isinstance(body, QuietHoursBody)  # noqa: S101 - the narrowing mypy does not see
    if body.start == body.end:
        wrong["quiet_hours.end"] = "`end` must differ from `start`."
    return time.fromisoformat(body.start), time.fromisoformat(body.end)


def _proof(
    body: ProofBody | UnsetType, source: str, service: str, now: datetime, wrong: dict[str, str]
) -> Proof:
    evidence = {"service": service}
    if not isinstance(body, ProofBody):
        return Proof(source, now, evidence)
    if body.source:
        evidence["source"] = body.source
    if body.at and body.at > now + CLOCKS_DIFFER:
        wrong["proof.at"] = "`at` must not be in the future."
    return Proof(
        source=source,
        at=body.at or now,
        evidence=evidence,
        address_hash=None,
        ip_hash=_ip_hash(body.ip, wrong),
        wording=body.wording,
    )


def _ip_hash(text: str | None, wrong: dict[str, str]) -> bytes | None:
    if text is None:
        return None
    try:
        return lookup_hash("ip", str(ip_address(text)))
    except ValueError:
        wrong["proof.ip"] = "`ip` must be an IP address."
        return None


def _check_zone(name: str, wrong: dict[str, str]) -> None:
    try:
        CHECKS["timezone"](name)
    except ValueError as error:
        wrong["timezone"] = str(error)
