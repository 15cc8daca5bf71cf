"""The script that counts, and how a call is laid out for it. Redis runs it as one, so that two who
ask at once cannot both take the last place.

People are kept by the block: what 64 neighbours took of a cap in a window is one hash, a field for
each. So a chunk costs a few commands a block and not ten a person, and 13 bytes a person of memory.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha1
from itertools import groupby

BLOCK_BITS = 6  # small hashes are searched from one end to the other: 64 is quick, 512 is not
PLACE = (1 << BLOCK_BITS) - 1

# ARGV: the notification; what a duplicate's key begins with ("": nothing is one) and its seconds;
# whether it is kept over a cap; whether to take; how many caps, for each what its key begins with,
# how many, until when; then the blocks, each with its people's places.
# A field holds what was taken: 8 bytes of each notification; of a duplicate, that and until when.
# All or nothing: who is over one cap takes nothing of the others.
# Answers for each a byte, 0, DUPLICATE or the cap that is used up, and the counts, 2 bytes each.
COUNT = """
local mine, twins, seconds = ARGV[1], ARGV[2], tonumber(ARGV[3])
local keep, take, caps = ARGV[4] == '1', ARGV[5] == '1', tonumber(ARGV[6])
local call, sub, find, pack = redis.call, string.sub, string.find, struct.pack
local record, first = '>B' .. string.rep('I2', caps), 7 + 3 * caps
local now, most, answers, counts = 0, {}, {}, {}
for n = 1, caps do most[n] = tonumber(ARGV[5 + 3 * n]) counts[n] = 0 end
if twins ~= '' then
    local time = call('TIME')
    now = time[1] + time[2] / 1000000
end
for at = first, #ARGV, 2 do
    local block, places, people = ARGV[at], ARGV[at + 1], {}
    for i = 1, #places do people[i] = sub(places, i, i) end
    local held = twins ~= '' and call('HMGET', twins .. block, unpack(people))
    local had, put, said = {}, {}, {}
    for n = 1, caps do
        had[n], put[n] = call('HMGET', ARGV[4 + 3 * n] .. block, unpack(people)), {}
    end
    for i, person in ipairs(people) do
        local twin, over, fresh = held and held[i], 0, {}
        if twin and struct.unpack('>d', twin, 9) <= now then twin = false end
        if twin and sub(twin, 1, 8) ~= mine then
            over = 255
        else
            for n = 1, caps do
                local marks = had[n][i] or ''
                local count = #marks / 8
                if not find(marks, mine, 1, true) then
                    count = count + 1
                    if count > most[n] then over = n break end
                    fresh[n] = marks .. mine
                end
                counts[n] = count < 65535 and count or 65535
            end
            if take and over == 0 then
                for n, marks in pairs(fresh) do
                    local list = put[n]
                    list[#list + 1], list[#list + 2] = person, marks
                end
            end
            if take and held and not twin and (over == 0 or keep) then
                said[#said + 1], said[#said + 2] = person, mine .. pack('>d', now + seconds)
            end
        end
        answers[#answers + 1] = pack(record, over, unpack(counts))
    end
    for n = 1, caps do
        if #put[n] > 0 then
            local key = ARGV[4 + 3 * n] .. block
            call('HSET', key, unpack(put[n]))
            call('PEXPIREAT', key, ARGV[6 + 3 * n])
        end
    end
    if #said > 0 then
        call('HSET', twins .. block, unpack(said))
        call('EXPIRE', twins .. block, seconds)
    end
end
return table.concat(answers)
"""
SHA = sha1(COUNT.encode()).hexdigest()  # noqa: S324 - the name Redis has for it
DUPLICATE = 255


def blocks(people: Sequence[int]) -> Iterator[int | bytes]:
    """Sorted people as the script takes them: each block, and the places in it."""
    for block, those in groupby(people, key=_block):
        yield block
        yield bytes(id_ & PLACE for id_ in those)


def records(answer: bytes, caps: int) -> list[bytes]:
    """One for each person, in the order they were asked about."""
    size = 1 + 2 * caps
    return [answer[start : start + size] for start in range(0, len(answer), size)]


def read(record: bytes) -> tuple[int, tuple[int, ...]]:
    """(0, DUPLICATE or which cap is used up; the counts)."""
    counts = (int.from_bytes(record[n : n + 2], "big") for n in range(1, len(record), 2))
    return record[0], tuple(counts)


def _block(person: int) -> int:
    return person >> BLOCK_BITS
