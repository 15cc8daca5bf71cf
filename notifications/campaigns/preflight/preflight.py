"""What a launch would do, asked of the same rules, texts and accounts as a send: nothing is
written, counted, taken or sent.

A sample of the audience is looked at person by person, always the same one, and counts for all.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from channels.base import Channel
from notifications.accept.draft import Draft
from notifications.campaigns.models import Campaign, Variant
from notifications.campaigns.plan import audience
from notifications.campaigns.plan.check import check, check_approval, draft_of
from notifications.campaigns.preflight.estimates import Speed, ends_at
from notifications.campaigns.run.capacity import common_channels
from notifications.campaigns.shares import Range, divide
from notifications.deliver.route import Picker
from notifications.explain.account import chosen
from notifications.explain.message import NOWHERE, Built, built, held_as
from notifications.explain.rules import Ask, Way, ways
from notifications.explain.texts import Texts
from notifications.reasons import words
from notifications.resolve.limits import peeked
from notifications.resolve.person import Facts
from notifications.resolve.resolve import first_fallbacks
from notifications.resolve.rows import Job
from notifyproj.core.errors import InvalidFields
from preferences.decision.facts import Person, load_people, load_points, load_points_of
from templates.versions.published import compiled

SAMPLE = 1_000
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Reach:
    """On one channel; people and messages are estimates, of the whole audience."""

    channel: str
    people: int
    messages: int
    later: int  # messages that would wait: quiet hours, the law's hours, a cap
    units: int  # what providers bill for: parts of an SMS
    cost: float | None  # None: nobody said what it costs


@dataclass(frozen=True, slots=True)
class Dropped:
    """Messages that would not go, by why."""

    channel: str
    reason: str
    text: str
    messages: int


@dataclass(frozen=True, slots=True)
class Broken:
    """What cannot be written or built for somebody."""

    variant: str
    channel: str
    problem: str
    people: int
    examples: tuple[str, ...]  # external ids


@dataclass(frozen=True, slots=True)
class Preflight:
    audience: int
    sampled: int
    held_out: int
    reached: int  # people who would get something
    reach: tuple[Reach, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    broken: tuple[Broken, ...] = ()
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    speed: tuple[Speed, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)  # why it cannot be launched, by field
    warnings: tuple[str, ...] = ()

    @property
    def cost(self) -> float | None:
        known = [each.cost for each in self.reach if each.cost is not None]
        return sum(known) if known else None


def preflight(campaign: Campaign, now: datetime) -> Preflight:
    """Also of a campaign that cannot be launched: `problems` say why."""
    walk = audience.everybody_of(campaign, now, seed=campaign.pk)
    about = audience.about(walk)
    problems = problems_of(campaign, now)
    variants = list(campaign.variants.select_related("version__template"))
    held_out = round(about * float(campaign.hold_out_percent) / 100)
    if problems or not variants:
        return Preflight(about, 0, held_out, 0, problems=problems)
    sample = audience.sample(walk, SAMPLE)
    seen = _Seen(campaign, variants, now)
    seen.look_at(sample)
    scale = (about - held_out) / len(sample) if sample else 0.0
    found = seen.reach(scale)
    begins, ends, speed = ends_at(campaign, about - held_out, found_messages(found), now)
    return Preflight(
        audience=about,
        sampled=len(sample),
        held_out=held_out,
        reached=round(seen.reached * scale),
        reach=found,
        dropped=seen.dropped(scale),
        broken=seen.broken(scale),
        begins_at=begins,
        ends_at=ends,
        speed=speed,
        warnings=tuple(_warnings(campaign, about, seen)),
    )


def problems_of(campaign: Campaign, now: datetime) -> dict[str, str]:
    """Why it cannot be launched, by field."""
    found: dict[str, str] = {}
    try:
        check(campaign, now)
    except InvalidFields as error:
        found |= error.fields
    try:
        check_approval(campaign)
    except InvalidFields as error:
        found |= error.fields
    return found


def found_messages(reach: Sequence[Reach]) -> dict[str, int]:
    return {each.channel: each.messages for each in reach}


@dataclass
class _Channel:
    people: int = 0
    messages: int = 0
    later: int = 0
    units: int = 0
    costs: list[float] = field(default_factory=list)


class _Seen:
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
        self.reached = 0
        self.said = [warning["message"] for warning in self._drafts[0].warnings]
        self.deferred: Counter[str] = Counter()

    def look_at(self, sample: Sequence[int]) -> None:
        channels = {*self._channels, *(step.to for step in self._type.fallbacks)}
        people = load_people(sample, {self._type.id}, attributes=True)
        facts = Facts(people, load_points_of(sample, channels - {Channel.INBOX}))
        for index, ids in enumerate(self._parts(sample)):
            self._look_at_part(self._drafts[index], self._variants[index], ids, people, facts)

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
        ask = Ask(item.type, self._channels, fallbacks, self._now, item.expires_at, limits)
        found = [way for id_ in ids if id_ in people for way in ways(ask, people[id_], facts)]
        points = load_points({way.point.id for way in found if way.point})
        texts = Texts(compiled(item.version.id), item.type, item.request.variables, self._now)
        self._count(found)
        for way in found:
            if way.word not in ("send", "defer") or way.fallback is not None:
                continue
            if way.point is not None and way.point.id in points:
                way = way._replace(point=points[way.point.id])
            self._write(way, item, variant, texts)

    def _count(self, found: Iterable[Way]) -> None:
        going: dict[str, set[int]] = defaultdict(set)
        for way in found:
            if way.fallback is not None:
                continue
            if way.word in ("send", "defer"):
                going[way.channel].add(way.person.id)
                channel = self._by_channel[way.channel]
                channel.messages += 1
                channel.later += way.word == "defer"
                self.deferred[way.reason] += way.word == "defer"
            else:
                self._skipped[way.channel, way.reason] += 1
        for name, people in going.items():
            self._by_channel[name].people += len(people)
        self.reached += len(set().union(*going.values()))

    def _write(self, way: Way, item: Draft, variant: Variant, texts: Texts) -> None:
        row = held_as(way, item.type.id, item.version.id, item.lane, item.expires_at)
        text = texts.of(row, way.person)
        if text.problem:
            self._is_broken(way, variant, text.problem)
            return
        area = way.point.area if way.point else ""
        route, _ = chosen(self._picker, row, item.type, area, self._now)
        made = (
            Built(1, None, "")
            if route is None
            else built(row, way.person, way.point, item.type, text.parts, route, self._now)
        )
        if made.problem:
            self._is_broken(way, variant, made.problem)
            return
        channel = self._by_channel[way.channel]
        channel.units += made.units
        if made.cost is not None:
            channel.costs.append(made.cost)

    def _is_broken(self, way: Way, variant: Variant, problem: str) -> None:
        self._broken[variant.name, way.channel, problem].append(way.person.external_id)

    def reach(self, scale: float) -> tuple[Reach, ...]:
        return tuple(
            Reach(
                channel,
                round(seen.people * scale),
                round(seen.messages * scale),
                round(seen.later * scale),
                round(seen.units * scale),
                round(sum(seen.costs) * scale, 2) if seen.costs else None,
            )
            for channel, seen in self._by_channel.items()
        )

    def dropped(self, scale: float) -> tuple[Dropped, ...]:
        return tuple(
            Dropped(channel, reason, words(reason), round(n * scale))
            for (channel, reason), n in self._skipped.most_common()
        )

    def broken(self, scale: float) -> tuple[Broken, ...]:
        return tuple(
            Broken(variant, channel, problem, round(len(names) * scale), tuple(names[:EXAMPLES]))
            for (variant, channel, problem), names in self._broken.items()
        )


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


def _warnings(campaign: Campaign, about: int, seen: _Seen) -> Iterable[str]:
    if about == 0:
        yield "Nobody is in the audience."
    elif seen.reached == 0:
        yield "Nobody of the sample would get anything."
    share = sum(seen.deferred.values()) / max(1, seen.reached)
    if share > 0.2:
        reason = words(seen.deferred.most_common(1)[0][0])
        yield f"{share:.0%} of the messages would wait. {reason}."
    yield from seen.said
    if not (campaign.canary_percent or campaign.canary_people or campaign.test_percent):
        yield "There is no canary: everybody gets it at once, right or wrong."
