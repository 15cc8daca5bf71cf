"""What a person got already: duplicates and frequency caps, for a whole chunk in one round trip.

A count is the set of the notifications that were taken into a window, so one that is asked about
again (a chunk that is repeated, a second channel) is found there and takes nothing more. The keys
end with their windows. Redis away: nobody can say, see `Limits.unknown`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from redis import RedisError
from redis.client import Pipeline

from notifyproj.core.servers.redis_client import patient_redis, quick_redis
from preferences.decision.cap_codes import USED_UP
from preferences.decision.quiet_hours import zone_of
from preferences.decision.values import NO_LIMITS, Limits, Over
from preferences.facts.cap_counter_lua import COUNT, DUPLICATE, SHA, blocks, read, records
from preferences.facts.types import CapValue
from preferences.models import Cap

AT_ONCE = 512  # people a call: Redis does nothing else meanwhile
PATIENCE = 2.0  # seconds for an answer about more people than that
SLACK = timedelta(minutes=5)  # clocks differ: a window is kept a little longer than it lasts
FARTHEST_WEST = timedelta(hours=12)  # where a day ends last


class Window(NamedTuple):
    label: str
    ends: datetime
    kept_until: datetime  # the same for all whose window has this label, wherever they are


@dataclass(frozen=True, slots=True)
class Message:
    """What is counted: a notification, once to each person, whatever the channels."""

    notification_id: str
    type_id: int
    caps: tuple[CapValue, ...]
    over_cap: str = "drop"
    content_hash: bytes = b""  # b"": nothing is its duplicate
    duplicate_seconds: int = 0

    @property
    def zoned(self) -> bool:
        """Whether it matters where the person is."""
        return any(cap.local for cap in self.caps)


class Group(NamedTuple):
    """People of one zone whom one message would reach at the same time."""

    message: Message
    zone: str
    at: datetime  # counted in the windows of then
    people: Sequence[int]


class Counted(NamedTuple):
    """`taken`: of each cap, as codes for the trace."""

    limits: Limits
    taken: tuple[str, ...] = ()


class Asked(NamedTuple):
    """Whoever is counted in the same windows, whatever their zone: one call, if they are few."""

    message: Message
    windows: tuple[Window, ...]
    people: list[int]


Answers = dict[str, dict[int, Counted]]  # by notification, by person
NOTHING = Counted(NO_LIMITS)


def window(per: str, zone: str, now: datetime) -> Window:
    """A day and a week are those of the person's own clock, so that a limit does not begin anew in
    the middle of somebody's afternoon."""
    if per == Cap.Per.HOUR:
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        ends = hour + timedelta(hours=1)
        return Window(f"{hour:%Y%m%d%H}", ends, ends + SLACK)
    local = now.astimezone(zone_of(zone))
    day, label, days = local.date(), f"{local:%Y%m%d}", 1
    if per == Cap.Per.WEEK:
        year, week, weekday = day.isocalendar()
        label, days = f"{year}W{week:02}", 8 - weekday
    last = day + timedelta(days=days)
    ends = datetime.combine(last, time(), local.tzinfo).astimezone(UTC)
    return Window(label, ends, datetime.combine(last, time(), UTC) + FARTHEST_WEST + SLACK)


def count(groups: Sequence[Group], *, take: bool = True) -> Answers:
    """One round trip for all of them. Without `take` nothing changes: what would be."""
    windows = [_windows(group) for group in groups]
    calls = list(_calls(_together(groups, windows)))
    try:
        answers = _ask([_args(call, take=take) for call in calls])
    except RedisError:
        return _unknown(groups)
    told: dict[str, dict[int, bytes]] = {}
    for call, answer in zip(calls, answers, strict=True):
        people = zip(call.people, records(answer, len(call.windows)), strict=True)
        told.setdefault(call.message.notification_id, {}).update(people)
    found: Answers = {}
    for group, ends in zip(groups, windows, strict=True):
        id_ = group.message.notification_id
        found.setdefault(id_, {}).update(_read(group, ends, told[id_]))
    return found


def _unknown(groups: Sequence[Group]) -> Answers:
    """Who waits for a count waits; that something was said before is then not known."""
    found: Answers = {}
    for group in groups:
        result = Counted(Limits(unknown=bool(group.message.caps)))
        people = dict.fromkeys(group.people, result)
        found.setdefault(group.message.notification_id, {}).update(people)
    return found


def _windows(group: Group) -> tuple[Window, ...]:
    return tuple(window(cap.per, group.zone, group.at) for cap in group.message.caps)


def _together(groups: Sequence[Group], windows: Sequence[tuple[Window, ...]]) -> Iterable[Asked]:
    """A day has the same name in most zones: those are counted side by side."""
    found: dict[tuple[str, ...], Asked] = {}
    for group, ends in zip(groups, windows, strict=True):
        key = (group.message.notification_id, *(each.label for each in ends))
        found.setdefault(key, Asked(group.message, ends, [])).people.extend(group.people)
    return found.values()


def _calls(asked: Iterable[Asked]) -> Iterator[Asked]:
    for each in asked:
        people = sorted(each.people)
        for start in range(0, len(people), AT_ONCE):
            yield each._replace(people=people[start : start + AT_ONCE])


def _args(call: Asked, *, take: bool) -> list[str | bytes | int]:
    message = call.message
    mine = bytes.fromhex(message.notification_id.replace("-", ""))[8:]  # its random half
    has_twins = message.duplicate_seconds and message.content_hash
    twins = b"said:%d:%b:" % (message.type_id, message.content_hash) if has_twins else b""
    args: list[str | bytes | int] = [
        *(mine, twins, message.duplicate_seconds),
        *(int(message.over_cap != "drop"), int(take), len(message.caps)),
    ]
    for cap, ends in zip(message.caps, call.windows, strict=True):
        args += [f"got:{cap.id}:{ends.label}:", cap.most, int(ends.kept_until.timestamp() * 1000)]
    return [*args, *blocks(call.people)]


def _ask(calls: Sequence[list[str | bytes | int]]) -> list[bytes]:
    """The first call brings the script, so that the others find it: no second round trip."""
    if not calls:
        return []
    redis = quick_redis() if len(calls) == 1 else patient_redis(PATIENCE)
    pipeline: Pipeline = redis.pipeline(transaction=False)
    pipeline.eval(COUNT, 0, *calls[0])
    for args in calls[1:]:
        pipeline.evalsha(SHA, 0, *args)
    return pipeline.execute()


def _read(
    group: Group, windows: Sequence[Window], told: Mapping[int, bytes]
) -> Iterator[tuple[int, Counted]]:
    """Many people share few different results: each is parsed once."""
    mine = [told[id_] for id_ in group.people]
    known = {record: _counted(group.message, windows, record) for record in set(mine)}
    return zip(group.people, map(known.__getitem__, mine), strict=True)


def _counted(message: Message, windows: Sequence[Window], record: bytes) -> Counted:
    code, counts = read(record)
    if code == DUPLICATE:
        return Counted(Limits(duplicate=True))
    if code:
        cap, ends = message.caps[code - 1], windows[code - 1].ends
        over = Over(cap.text, message.over_cap, ends)
        return Counted(Limits(over=over), (cap.code(USED_UP),))
    codes = (cap.code(str(n)) for cap, n in zip(message.caps, counts, strict=True))
    return Counted(NO_LIMITS, tuple(codes))
