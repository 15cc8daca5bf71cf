"""What a person gets, where and when, as their page shows it. Addresses appear masked only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from channels.base import Channel
from preferences.centre.zones import zone_of
from preferences.decision.decide import decide
from preferences.decision.quiet_hours import Hours
from preferences.decision.values import (
    ALL_CHANNELS,
    ALL_TYPES,
    PersonRules,
    Skip,
    Target,
    TypeRules,
    category_key,
)
from preferences.facts.facts import load_people
from preferences.models import (
    Category,
    ContactPoint,
    NotificationType,
    Recipient,
    Suppression,
)
from preferences.suppressions.suppressions import KEYWORD
from preferences.type_names import named

FOR_EVER = datetime.max.replace(tzinfo=UTC)
ORDER = {channel.value: place for place, channel in enumerate(Channel)}


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether one type is sent on one channel."""

    type_id: int
    channel: str
    on: bool
    stopped: bool = False  # the whole channel is: this switch changes nothing before it is allowed

    @property
    def key(self) -> str:
        return f"{self.type_id}.{self.channel}"


@dataclass(frozen=True, slots=True)
class Kind:
    id: int
    name: str
    description: str
    mandatory: bool
    switches: tuple[Switch, ...]
    names: Mapping[str, str]  # in other languages
    descriptions: Mapping[str, str]

    def in_language(self, language: str) -> "Kind":
        name = named(self.names, self.name, language)
        return replace(
            self, name=name, description=named(self.descriptions, self.description, language)
        )


@dataclass(frozen=True, slots=True)
class Group:
    """A category; the name "" is of what is in none."""

    name: str
    description: str
    kinds: tuple[Kind, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)

    def in_language(self, language: str) -> "Group":
        return replace(
            self,
            name=named(self.names, self.name, language),
            description=named(self.descriptions, self.description, language),
            kinds=tuple(kind.in_language(language) for kind in self.kinds),
        )


class Address(NamedTuple):
    channel: str
    hint: str
    state: str  # in_use, gone, stopped (by a keyword: START lifts it) or blocked


@dataclass(frozen=True, slots=True)
class State:
    recipient: Recipient
    rules: PersonRules
    groups: tuple[Group, ...]
    addresses: tuple[Address, ...]
    now: datetime

    @property
    def unsubscribed(self) -> bool:
        return self.rules.choices.get((ALL_TYPES, ALL_CHANNELS)) is False

    @property
    def paused_until(self) -> datetime | None:
        until = self.rules.paused_until
        return until if until and until > self.now else None

    @property
    def quiet(self) -> Hours | None:
        return self.rules.quiet

    @property
    def zone(self) -> tzinfo:
        return zone_of(self.rules)

    def in_language(self, language: str) -> "State":
        return replace(self, groups=tuple(group.in_language(language) for group in self.groups))

    def switches(self) -> dict[str, tuple[Kind, Switch]]:
        return {
            switch.key: (kind, switch)
            for group in self.groups
            for kind in group.kinds
            for switch in kind.switches
        }

    def stopped_channels(self) -> list[str]:
        """Those a click can allow again: on the others nothing would arrive all the same."""
        open_ = {a.channel for a in self.addresses if a.state == "in_use"} | {Channel.INBOX}
        stopped = {switch.channel for _, switch in self.switches().values() if switch.stopped}
        return sorted(stopped & open_, key=ORDER.__getitem__)


def read_state(recipient_id: int, now: datetime) -> State | None:
    """Returns what the page shows of a person; None for somebody removed or erased."""
    recipient = Recipient.objects.filter(pk=recipient_id, erased_at=None).defer("data_key").first()
    types = NotificationType.objects.filter(enabled=True).select_related("category")
    types = types.order_by("category__position", "category__name", "name", "id")
    found = list(types)
    person = load_people({recipient_id}, {type_.pk for type_ in found}).get(recipient_id)
    if recipient is None or person is None:
        return None
    addresses = _addresses(recipient_id)
    reachable = {a.channel for a in addresses if a.state != "gone"} | {Channel.INBOX.value}
    return State(
        recipient=recipient,
        rules=person.rules,
        groups=_groups(found, person.rules, reachable),
        addresses=addresses,
        now=now,
    )


def _addresses(recipient_id: int) -> tuple[Address, ...]:
    points = list(
        ContactPoint.objects.filter(recipient_id=recipient_id)
        .order_by("pk")
        .values_list("channel", "hint", "active", "address_hash")
    )
    blocked = Suppression.objects.filter(address_hash__in=[point[3] for point in points])
    sources = {
        (channel, bytes(hash_)): source
        for channel, hash_, source in blocked.values_list("channel", "address_hash", "source")
    }
    found = [
        Address(channel, hint, _address_state(active, sources.get((channel, bytes(hash_)))))
        for channel, hint, active, hash_ in points
    ]
    return tuple(sorted(found, key=lambda address: ORDER.get(address.channel, 99)))


def _address_state(active: bool, blocked_by: str | None) -> str:
    if blocked_by is not None:
        return "stopped" if blocked_by == KEYWORD else "blocked"
    return "in_use" if active else "gone"


def _groups(
    types: Sequence[NotificationType], person: PersonRules, reachable: set[str]
) -> tuple[Group, ...]:
    """`types` come in the order of their categories, those without one last."""
    unrestricted = replace(person, quiet=None, paused_until=None)
    kinds: dict[int | None, list[Kind]] = {}
    about = {type_.category_id: type_.category for type_ in types}
    for type_ in types:
        kind = _kind(type_, unrestricted, reachable)
        if kind.switches:
            kinds.setdefault(type_.category_id, []).append(kind)
    return tuple(
        _group(category, tuple(within))
        if (category := about[id_])
        else Group("", "", tuple(within))
        for id_, within in kinds.items()
    )


def _group(row: Category, kinds: tuple[Kind, ...]) -> Group:
    return Group(
        name=row.name,
        description=row.description,
        kinds=kinds,
        names=row.names,
        descriptions=row.descriptions,
    )


def _kind(type_: NotificationType, unrestricted: PersonRules, reachable: set[str]) -> Kind:
    rules = TypeRules(
        type_.pk,
        mandatory=type_.mandatory,
        opt_in_channels=frozenset(type_.opt_in_channels),
        category=category_key(type_.category_id) if type_.category_id else "",
    )
    said = {channel for scope, channel in unrestricted.choices if scope == type_.pk}
    channels = {*type_.channels, *type_.opt_in_channels, *said} & reachable
    switches = tuple(_switches(rules, unrestricted, channels))
    return Kind(
        id=type_.pk,
        name=type_.name,
        description=type_.description,
        mandatory=type_.mandatory,
        switches=switches,
        names=type_.names,
        descriptions=type_.descriptions,
    )


def _switches(rules: TypeRules, unrestricted: PersonRules, channels: set[str]) -> Iterable[Switch]:
    for channel in sorted(channels, key=lambda name: ORDER.get(name, 99)):
        verdict = decide(
            datetime.min.replace(tzinfo=UTC),
            rules=rules,
            person=unrestricted,
            target=Target(channel),
            expires_at=FOR_EVER,
        )
        refusal = verdict.reason if isinstance(verdict, Skip) else ""
        stopped = unrestricted.choices.get((ALL_TYPES, channel)) is False and not rules.mandatory
        yield Switch(rules.id, channel, not refusal, stopped)
