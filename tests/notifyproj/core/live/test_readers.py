"""Fanning out in memory."""

import asyncio

from notifyproj.core.live.publish import publish
from notifyproj.core.live.readers import QUEUE_SIZE, Signal, Subscriber, hub, subscribe


def test_a_reader_who_is_too_slow_is_cut_off() -> None:
    async def read() -> object:
        subscriber = Subscriber()
        for _ in range(QUEUE_SIZE + 1):
            subscriber.put(b"news")
        return await subscriber.next(1)

    assert asyncio.run(read()) is Signal.CUT_OFF


def test_silence_is_told_in_time() -> None:
    assert asyncio.run(Subscriber().next(0.01)) is Signal.BEAT


def test_every_reader_of_a_topic_gets_its_messages() -> None:
    async def read() -> list[object]:
        with hub().join("tests") as first, hub().join("tests") as second:
            assert await first.next(2) is Signal.LISTENING
            assert await second.next(2) is Signal.LISTENING
            await asyncio.to_thread(publish, [("tests", b"news"), ("other", b"not ours")])
            return [await first.next(2), await second.next(2), await first.next(0.1)]

    assert asyncio.run(read()) == [b"news", b"news", Signal.BEAT]


def test_who_comes_later_listens_at_once() -> None:
    async def read() -> object:
        with hub().join("tests") as first:
            await first.next(2)
            with hub().join("tests") as second:
                return await second.next(0)

    assert asyncio.run(read()) is Signal.LISTENING


def test_nobody_is_remembered_after_leaving() -> None:
    async def count() -> int:
        with hub().join("tests"):
            pass
        return hub().count("tests")

    assert asyncio.run(count()) == 0


def test_a_topic_can_be_joined_again() -> None:
    async def read() -> bytes | Signal:
        for _ in range(2):
            with hub().join("tests") as subscriber:
                assert await subscriber.next(2) is Signal.LISTENING
                await asyncio.to_thread(publish, [("tests", b"news")])
                message = await subscriber.next(2)
        return message

    assert asyncio.run(read()) == b"news"


def test_messages_can_be_read_as_they_come() -> None:
    async def read() -> bytes:
        messages = subscribe("tests")
        first = asyncio.ensure_future(anext(messages))
        with hub().join("tests") as other:
            await other.next(2)
        await asyncio.to_thread(publish, [("tests", b"news")])
        try:
            return await asyncio.wait_for(first, 2)
        finally:
            await messages.aclose()

    assert asyncio.run(read()) == b"news"
