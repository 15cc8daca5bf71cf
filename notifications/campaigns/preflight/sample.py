"""The people of a sample, looked at one by one by the rules, texts and accounts of a send."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from channels.base import Channel
from notifications.accept.draft import Draft
from notifications.campaigns.models import Campaign, Variant
from notifications.campaigns.plan.check import draft_of
from notifications.campaigns.preflight.values import Broken, Dropped, Reach
from notifications.campaigns.run.capacity import common_channels
from notifications.campaigns.shares import Range, divide
from notifications.deliver.route import Picker
from notifications.explain.account import chosen
from notifications.explain.message import NOWHERE, Built, built, held_as
from notifications.explain.rules import Ask, Way, ways
from notifications.explain.texts import Texts
from notifications.reasons import reason_text
from notifications.resolve.plan import Facts
from notifications.resolve.resolve import first_fallbacks, peeked
from notifications.resolve.rows import Job
from preferences.facts.facts import Person, load_people, load_points, load_points_of
from templates.versions.published import compiled

EXAMPLES = 5
GOING = ("send", "defer")


@dataclass
class _Channel:
    people: int = 0
    messages: int = 0
    later: int = 0
    units: int = 0
    costs: list[float] = field(default_factory=list)


class Sample:
    """What is found in the sample, added up."""

    def __init__(self, campaign: Campaign, variants: Sequence[Variant], now: datetime) -> None:
        self._variants = variants
        self._drafts = [draft_of(campaign, variant, now) for variant in variants]
        self._type = self._drafts[0].type
        versions = [item.version.id for item in self._drafts]
        self._channels = common_channels(campaign, self._type, versions)
        self._ranges = divide([variant.weight for variant in variants])
        self._now, self._picker = now, Picker()
        self._by_channel: dict[str, _Channel] = defaultdict(_Channel)
        self._skipped: Counter[tuple[str, str]] = Counter()
        self._broken: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        self._lacking = _lacking(campaign.channels or self._type.channels, variants)
        self._would: dict[str, int] = dict.fromkeys(self._lacking, 0)
        self.reached = 0
        self.said = [text["message"] for item in self._drafts for text in item.warnings]
        self.deferred: Counter[str] = Counter()

    def look_at(self, sample: Sequence[int]) -> None:
        channels = {*self._channels, *self._lacking, *(s.to for s in self._type.fallbacks)}
        people = load_people(sample, {self._type.id}, attributes=True)
        facts = Facts(people, load_points_of(sample, channels - {Channel.INBOX}))
        for index, ids in enumerate(self._parts(sample)):
            self._look_at_part(self._drafts[index], self._variants[index], ids, people, facts)
        self._look_at_lacking(people.values(), facts)

    def _look_at_lacking(self, people: Iterable[Person], facts: Facts) -> None:
        """Who could be reached by the channels that not every variant has."""
        for channel in self._lacking:
            expires_at = self._drafts[0].expires_at
            ask = Ask(
                type=self._type,
                channels=[channel],
                fallbacks=(),
                at=self._now,
                expires_at=expires_at,
            )
            self._would[channel] = sum(
                any(way.word in GOING for way in ways(ask, person, facts)) for person in people
            )

    def _parts(self, sample: Sequence[int]) -> list[list[int]]:
        """Each variant's share of the sample, by its weight."""
        places = [Range(r.low * len(sample), r.high * len(sample)) for r in self._ranges]
        whole = self._ranges[-1].high
        return [list(sample[p.low // whole : p.high // whole]) for p in places]

    def _look_at_part(
        self,
        item: Draft,
        variant: Variant,
        ids: Sequence[int],
        people: Mapping[int, Person],
        facts: Facts,
    ) -> None:
        fallbacks = first_fallbacks(item.type, self._channels, item.version.id)
        limits = peeked(_job(item, self._channels, ids), people, self._now)
        ask = Ask(
            type=item.type,
            channels=self._channels,
            fallbacks=fallbacks,
            at=self._now,
            expires_at=item.expires_at,
            limits=limits,
        )
        found = [way for id_ in ids if id_ in people for way in ways(ask, people[id_], facts)]
        points = load_points({way.point.id for way in found if way.point})
        texts = Texts(compiled(item.version.id), item.type, item.request.variables, self._now)
        going: dict[str, set[int]] = defaultdict(set)
        for way in found:
            if way.fallback is not None:
                continue
            if way.word not in GOING:
                self._skipped[way.channel, way.reason] += 1
                continue
            if way.point is not None and way.point.id in points:
                way = way._replace(point=points[way.point.id])
            if self._write(way, item, variant, texts):
                self._count(way)
                going[way.channel].add(way.person.id)
        for name, ids_ in going.items():
            self._by_channel[name].people += len(ids_)
        self.reached += len(set().union(*going.values()))

    def _count(self, way: Way) -> None:
        channel = self._by_channel[way.channel]
        channel.messages += 1
        channel.later += way.word == "defer"
        self.deferred[way.reason] += way.word == "defer"

    def _write(self, way: Way, item: Draft, variant: Variant, texts: Texts) -> bool:
        """False: it cannot be written or built, so that nothing would go out."""
        row = held_as(way, item.type.id, item.version.id, item.lane, item.expires_at)
        text = texts.of(row, way.person)
        if text.problem:
            return self._is_broken(way, variant, text.problem)
        area = way.point.area if way.point else ""
        route, _ = chosen(self._picker, row, item.type, area, self._now)
        made = (
            Built(1, None, "")
            if route is None
            else built(
                row,
                person=way.person,
                point=way.point,
                type_=item.type,
                parts=text.parts,
                route=route,
                now=self._now,
            )
        )
        if made.problem:
            return self._is_broken(way, variant, made.problem)
        channel = self._by_channel[way.channel]
        channel.units += made.units
        if made.cost is not None:
            channel.costs.append(made.cost)
        return True

    def _is_broken(self, way: Way, variant: Variant, problem: str) -> bool:
        names = self._broken[variant.name, way.channel, problem]
        if way.person.external_id not in names[-1:]:  # one by one, each with all their addresses
            names.append(way.person.external_id)
        return False

    def reach(self, scale: float) -> tuple[Reach, ...]:
        return tuple(
            Reach(
                channel=channel,
                people=round(seen.people * scale),
                messages=round(seen.messages * scale),
                later=round(seen.later * scale),
                units=round(seen.units * scale),
                cost=round(sum(seen.costs) * scale, 2) if seen.costs else None,
            )
            for channel, seen in self._by_channel.items()
        )

    def dropped(self, scale: float) -> tuple[Dropped, ...]:
        return tuple(
            Dropped(channel, reason, reason_text(reason), round(n * scale))
            for (channel, reason), n in self._skipped.most_common()
        )

    def broken(self, scale: float) -> tuple[Broken, ...]:
        return tuple(
            Broken(
                variant=variant,
                channel=channel,
                problem=problem,
                people=round(len(names) * scale),
                examples=tuple(names[:EXAMPLES]),
            )
            for (variant, channel, problem), names in self._broken.items()
        )

    def not_written(self, scale: float) -> list[tuple[str, str, int]]:
        """(variant, channel, about so many people whom it cannot be written for)."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for (variant, channel, _), names in self._broken.items():
            found[variant, channel].update(names)
        return [(*key, max(1, round(len(names) * scale))) for key, names in found.items()]

    def lost_channels(self, scale: float) -> list[tuple[str, list[str], int]]:
        """(channel, variants without it, about so many people who could be reached by it)."""
        return [
            (channel, self._lacking[channel], max(1, round(n * scale)))
            for channel, n in self._would.items()
            if n
        ]

    def not_sent_by(self) -> list[str]:
        """Of channels by which nobody could be reached."""
        return [
            f"Nothing is sent by {channel}: {lacking_text(self._lacking[channel])}."
            for channel, n in self._would.items()
            if not n
        ]


def lacking_text(variants: Sequence[str]) -> str:
    """`variants A and B have no content for it`."""
    if len(variants) == 1:
        return f"variant {variants[0]} has no content for it"
    return f"variants {', '.join(variants[:-1])} and {variants[-1]} have no content for it"


def _lacking(wanted: Sequence[str], variants: Sequence[Variant]) -> dict[str, list[str]]:
    """The variants without each channel that was asked for."""
    known = [(variant.name, compiled(variant.version_id).channels) for variant in variants]
    found = {channel: [name for name, has in known if channel not in has] for channel in wanted}
    return {channel: names for channel, names in found.items() if names}


def _job(item: Draft, channels: Sequence[str], ids: Sequence[int]) -> Job:
    return Job(
        notification_id=NOWHERE,
        milliseconds=0,
        type=item.type,
        template_version_id=item.version.id,
        lane=item.lane,
        channels=tuple(channels),
        expires_at=item.expires_at,
        recipients=ids,
        content_hash=item.content_hash,
    )
