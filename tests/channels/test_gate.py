import asyncio
from time import monotonic

from channels.transport.gate import Gate


async def _enter(gate: Gate, wait: float, stay: float) -> bool:
    async with gate.place(monotonic() + wait) as entered:
        await asyncio.sleep(stay if entered else 0)
        return entered


def test_a_place_that_comes_free_in_time_is_taken() -> None:
    async def two() -> list[bool]:
        gate = Gate(1)
        return list(await asyncio.gather(_enter(gate, 0, 0.05), _enter(gate, 1, 0)))

    assert asyncio.run(two()) == [True, True]


def test_nobody_waits_beyond_the_deadline() -> None:
    async def two() -> float:
        gate = Gate(1)
        first = asyncio.create_task(_enter(gate, 0, 0.5))
        await asyncio.sleep(0)
        start = monotonic()
        assert not await _enter(gate, 0.05, 0)
        waited = monotonic() - start
        await first
        return waited

    assert asyncio.run(two()) < 0.4


def test_who_gave_up_leaves_no_place_taken() -> None:
    async def three() -> bool:
        gate = Gate(1)
        first = asyncio.create_task(_enter(gate, 0, 0.1))
        await asyncio.sleep(0)
        await _enter(gate, 0.02, 0)
        await first
        return await _enter(gate, 0, 0)

    assert asyncio.run(three())
