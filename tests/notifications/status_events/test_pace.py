"""How many events an endpoint gets at once, and how many of the process's places."""

from notifications.status_events.send.pace import AT_ONCE, MOST, MOST_AHEAD, Pace


def enter(pace: Pace[int], endpoint: int, n: int) -> int:
    """How many of n may start."""
    return sum(pace.enter(endpoint, item) for item in range(n))


def test_ten_start_and_each_that_ends_starts_the_next() -> None:
    pace: Pace[int] = Pace()
    assert enter(pace, 1, 12) == AT_ONCE
    assert [pace.leave(1, 0.1) for _ in range(3)] == [10, 11, None]


def test_a_hanging_endpoint_gets_nothing_beyond_its_ten() -> None:
    pace: Pace[int] = Pace()
    enter(pace, 1, 1)
    pace.leave(1, 15.0)
    enter(pace, 1, 10)
    assert pace.rooms([1, 2]).keys() == {2}


def test_a_quick_endpoint_gets_what_it_answers_in_a_second() -> None:
    pace: Pace[int] = Pace()
    enter(pace, 1, 1)
    pace.leave(1, 0.02)
    assert pace.rooms([1]) == {1: AT_ONCE + MOST_AHEAD}


def test_what_the_process_has_left_is_shared_out() -> None:
    pace: Pace[int] = Pace()
    for endpoint in range(200):
        enter(pace, endpoint, 4)
    assert sum(pace.rooms(range(1_000, 1_400)).values()) <= MOST - 800


def test_a_full_process_takes_nothing_more() -> None:
    pace: Pace[int] = Pace()
    for endpoint in range(100):
        enter(pace, endpoint, 10)
    assert pace.rooms([1_000]) == {}
