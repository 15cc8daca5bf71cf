"""Every way a notification could take, and what the rules say of each. Pure.

The same order as `resolve.plan`: people, their channels, their contact points, then what stands in
for those.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from channels.base import Channel
from notifications.explain.schemas import DecisionKind
from notifications.resolve.plan import Facts, points_at
from notifications.resolve.rows import IN_DIGEST
from preferences.decision.decide import Step, explain
from preferences.decision.values import NO_LIMITS, Decision, Defer, Fold, Limits, Skip, Target
from preferences.facts.facts import Person, Point
from preferences.facts.types import Fallback, TypeValue


class Ask(NamedTuple):
    """What is the same for all ways of a notification."""

    type: TypeValue
    channels: Sequence[str]
    fallbacks: Sequence[Fallback]
    at: datetime
    expires_at: datetime
    limits: Mapping[int, Limits] = {}  # by recipient


class Way(NamedTuple):
    person: Person
    channel: str
    point: Point | None
    steps: list[Step]
    word: DecisionKind
    reason: str
    at: datetime | None
    fallback: Fallback | None = None


def ways(ask: Ask, person: Person, facts: Facts) -> list[Way]:
    """Of one person."""
    found = [way for channel in ask.channels for way in _on_channel(ask, person, channel, facts)]
    for step in ask.fallbacks:
        sources = [way for way in found if way.channel == step.source and not _is_apart(way)]
        found += [
            _standing_in(way, step, sources, ask)
            for way in _on_channel(ask, person, step.place, facts)
        ]
    return found


def _is_apart(way: Way) -> bool:
    """Whether it goes to an app that a fallback names: it stands in for others, none for it."""
    return way.fallback is not None and way.fallback.app is not None


def _on_channel(ask: Ask, person: Person, place: str, facts: Facts) -> Iterator[Way]:
    channel = place.partition("@")[0]
    for point in points_at(facts.points, person.id, place):
        limits = ask.limits.get(person.id, NO_LIMITS)
        target = _target(channel, point)
        rules = ask.type.rules
        steps = explain(
            ask.at,
            rules=rules,
            person=person.rules,
            target=target,
            expires_at=ask.expires_at,
            limits=limits,
        )
        word, reason, at = _verdict(steps[-1].decision, ask, person.rules.timezone)
        yield Way(
            person=person,
            channel=channel,
            point=point,
            steps=steps,
            word=word,
            reason=reason,
            at=at,
        )


def _target(channel: str, point: Point | None) -> Target:
    if channel == Channel.INBOX:  # the person is the address
        return Target(channel)
    if point is None:
        return Target(channel, reachable=False)
    return Target(channel, point.active, point.suppressed, point.area)


def _verdict(
    decision: Decision | None, ask: Ask, zone: str
) -> tuple[DecisionKind, str, datetime | None]:
    digest = ask.type.digest
    match decision:
        case Skip(reason):
            return "skip", reason, None
        case Fold(reason):
            return "digest", reason, digest.closes_at(ask.at, zone) if digest else None
        case _ if digest is not None and digest.every:
            return "digest", IN_DIGEST, digest.closes_at(ask.at, zone)
        case Defer(until, reason):
            return "defer", reason, min(until, ask.expires_at)
        case _:
            return "send", "", ask.at


def _standing_in(way: Way, step: Fallback, sources: Sequence[Way], ask: Ask) -> Way:
    """It waits for its deadline behind those it stands in for, if any of them goes."""
    going = [source.at for source in sources if source.at is not None]
    if not going or way.at is None or way.word == "digest":
        return way._replace(fallback=step)
    deadline = min(max(way.at, max(going) + timedelta(seconds=step.after)), ask.expires_at)
    return way._replace(fallback=step, word="defer", reason="fallback", at=deadline)
