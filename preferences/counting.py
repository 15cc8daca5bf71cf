"""What a person got already: duplicates and frequency caps, for a whole chunk in one round trip.

A count is the set of the notifications that were taken into a window, so one that is asked about
again (a chunk that is repeated, a second channel) is found there and takes nothing more. The keys
end with their windows. Redis away: nobody can say, see `Limits.unknown`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha1
from typing import NamedTuple

from redis import RedisError
from redis.client import Pipeline

from notifyproj.core.redis_client import TIMEOUT, quick_redis
from preferences.cap_words import USED_UP
from preferences.caps import CapValue, Window, window
from preferences.question import NO_LIMITS, Limits, Over

AT_ONCE = 500  # people a call: Redis does nothing else meanwhile
PATIENCE = 2.0  # seconds for an answer about more people than that
SLACK = timedelta(minutes=5)  # clocks differ: a window is kept a little longer than it lasts

# ARGV: the notification; what a duplicate's key begins and ends with, and its seconds ("" for
# none), whether it is kept over a cap; whether to take; how many caps, for each what its key begins
# and ends with, how many, until when; then the people. All or nothing: who is over one cap takes
# nothing of the others. Answers for each: "d" a duplicate, "o2" over the second cap, or the counts.
COUNT = """
local mine, twin_of, same, seconds = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local keep, take, caps = ARGV[5] == '1', ARGV[6] == '1', tonumber(ARGV[7])
local answers = {}
for i = 8 + 4 * caps, #ARGV do
    local person, answer = ARGV[i], nil
    local twin = seconds ~= '' and (twin_of .. person .. same)
    local said = twin and take and redis.call('SET', twin, mine, 'NX', 'EX', seconds)
    local held = twin and not said and redis.call('GET', twin)
    if held and held ~= mine then
        answer = 'd'
    else
        local counts, added, over = {}, {}, false
        for n = 1, caps do
            local at = 4 + 4 * n
            local key = ARGV[at] .. person .. ARGV[at + 1]
            local new = redis.call('SADD', key, mine) == 1
            local count = redis.call('SCARD', key)
            if new then
                added[#added + 1] = key
                if count > tonumber(ARGV[at + 2]) then over = n break end
                if count == 1 then redis.call('PEXPIREAT', key, ARGV[at + 3]) end
            end
            counts[n] = count
        end
        if over or not take then
            for _, key in ipairs(added) do redis.call('SREM', key, mine) end
        end
        if said and over and not keep then redis.call('DEL', twin) end
        answer = over and ('o' .. over) or table.concat(counts, ',')
    end
    answers[#answers + 1] = answer
end
return answers
"""
SHA = sha1(COUNT.encode()).hexdigest()  # noqa: S324 - the name Redis has for it


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
    """`taken`: of each cap, in words for the trace."""

    limits: Limits
    taken: tuple[str, ...] = ()


Answers = dict[str, dict[int, Counted]]  # by notification, by person
NOTHING = Counted(NO_LIMITS)


def count(groups: Sequence[Group], *, take: bool = True) -> Answers:
    """One round trip for all of them. Without `take` nothing changes: what would be."""
    calls = [call for group in groups for call in _calls(group)]
    windows = [_windows(call) for call in calls]
    try:
        answers = _ask([_args(*pair, take=take) for pair in zip(calls, windows, strict=True)])
    except RedisError:
        return _unknown(groups)
    found: Answers = {}
    for call, ends, given in zip(calls, windows, answers, strict=True):
        read = {answer: _counted(call.message, ends, answer) for answer in set(given)}
        people = zip(call.people, map(read.__getitem__, given), strict=True)
        found.setdefault(call.message.notification_id, {}).update(people)
    return found


def _unknown(groups: Sequence[Group]) -> Answers:
    """Who waits for a count waits; that something was said before is then not known."""
    found: Answers = {}
    for group in groups:
        result = Counted(Limits(unknown=bool(group.message.caps)))
        people = dict.fromkeys(group.people, result)
        found.setdefault(group.message.notification_id, {}).update(people)
    return found


def _calls(group: Group) -> Iterator[Group]:
    people = group.people
    for start in range(0, len(people), AT_ONCE):
        yield group._replace(people=people[start : start + AT_ONCE])


def _windows(group: Group) -> list[Window]:
    return [window(cap.per, group.zone, group.at) for cap in group.message.caps]


def _args(group: Group, windows: Sequence[Window], *, take: bool) -> list[str | bytes | int]:
    message = group.message
    mine = bytes.fromhex(message.notification_id.replace("-", ""))[8:]  # its random half
    twins = message.duplicate_seconds if message.content_hash else ""
    args: list[str | bytes | int] = [
        *(mine, f"same:{message.type_id}:", b":" + message.content_hash, twins),
        *(int(message.over_cap != "drop"), int(take), len(message.caps)),
    ]
    for cap, (label, ends) in zip(message.caps, windows, strict=True):
        until = int((ends + SLACK).timestamp() * 1000)
        args += [f"cap:{cap.id}:", f":{label}", cap.most, until]
    return [*args, *group.people]


def _ask(calls: Sequence[list[str | bytes | int]]) -> list[list[bytes]]:
    """The first call brings the script, so that the others find it: no second round trip."""
    if not calls:
        return []
    redis = quick_redis(TIMEOUT if len(calls) == 1 else PATIENCE)
    pipeline: Pipeline = redis.pipeline(transaction=False)
    pipeline.eval(COUNT, 0, *calls[0])
    for args in calls[1:]:
        pipeline.evalsha(SHA, 0, *args)
    return pipeline.execute()


def _counted(message: Message, windows: Sequence[Window], answer: bytes) -> Counted:
    if answer == b"d":
        return Counted(Limits(duplicate=True))
    if answer.startswith(b"o"):
        cap, ends = message.caps[int(answer[1:]) - 1], windows[int(answer[1:]) - 1].ends
        over = Over(cap.words, message.over_cap, ends)
        return Counted(Limits(over=over), (cap.word(USED_UP),))
    counts = answer.decode().split(",") if answer else ()
    words = (cap.word(n) for cap, n in zip(message.caps, counts, strict=True))
    return Counted(NO_LIMITS, tuple(words))
