import asyncio
from time import monotonic

from channels.transport.in_flight import Flow, Flows
from channels.transport.window import KNOWN, Steady, Window


async def _stay(flow: Flow, wait: float, stay: float) -> bool:
    if not await flow.enter(monotonic() + wait):
        return False
    started = monotonic()
    await asyncio.sleep(stay)
    flow.leave(started)
    return True


def test_who_comes_first_goes_first() -> None:
    async def three() -> list[int]:
        flow, order = Flow(Steady(1)), list[int]()

        async def go(n: int) -> None:
            assert await _stay(flow, 1, 0.01)
            order.append(n)

        await asyncio.gather(go(1), go(2), go(3))
        return order

    assert asyncio.run(three()) == [1, 2, 3]


def test_nobody_waits_beyond_the_deadline_and_no_place_is_lost() -> None:
    async def three() -> tuple[bool, bool, int]:
        flow = Flow(Steady(1))
        first = asyncio.create_task(_stay(flow, 0, 0.1))
        await asyncio.sleep(0)
        gave_up = await _stay(flow, 0.02, 0)
        await first
        return gave_up, await _stay(flow, 0, 0), flow.room()

    assert asyncio.run(three()) == (False, True, 2)


def test_more_places_let_more_in_at_once() -> None:
    async def grow() -> int:
        flow = Flow(Window(100, 10.0, first=1))
        tasks = [asyncio.create_task(_stay(flow, 1, 0.01)) for _ in range(8)]
        await asyncio.sleep(0.03)
        done = sum(task.done() for task in tasks)
        await asyncio.gather(*tasks)
        return done

    assert asyncio.run(grow()) >= 1


def test_room_counts_those_who_wait() -> None:
    async def crowd() -> list[int]:
        flow = Flow(Steady(2))
        rooms = [flow.room()]
        tasks = [asyncio.create_task(_stay(flow, 1, 0.01)) for _ in range(3)]
        await asyncio.sleep(0)
        rooms.append(flow.room())
        await asyncio.gather(*tasks)
        return [*rooms, flow.room()]

    assert asyncio.run(crowd()) == [4, 1, 4]


def test_an_account_nobody_knows_may_bring_what_it_likes() -> None:
    flows = Flows()
    assert (flows.room(7), flows.pace(7)) == (None, None)


def test_a_way_that_is_gone_counts_no_more() -> None:
    flows, slow = Flows(), Window(10, 1.0)
    for _ in range(KNOWN):
        slow.ended(0.9, 1)
    flows.put(7, "slow", Flow(slow))
    assert flows.pace(7)

    flows.put(7, "slow", None)

    assert (flows.room(7), flows.pace(7)) == (None, None)
