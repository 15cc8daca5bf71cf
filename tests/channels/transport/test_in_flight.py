import threading

from channels.transport.in_flight import Gauge


def enter(gauge: Gauge, *account_ids: int, endpoint: str = "") -> None:
    gauge.enter((account_id, endpoint) for account_id in account_ids)


def test_one_account_gets_its_share_and_no_more() -> None:
    gauge = Gauge(limit=10, share=5)
    enter(gauge, *[1] * 4)
    assert (gauge.room(1), gauge.room(2)) == (1, 5)


def test_the_process_is_a_limit_too() -> None:
    gauge = Gauge(limit=10, share=5)
    enter(gauge, *[1] * 5, *[2] * 4)
    assert gauge.room(3) == 1


def test_too_many_leave_no_room_rather_than_less_than_none() -> None:
    gauge = Gauge(limit=2, share=1)
    enter(gauge, 1, 1, 1)
    assert gauge.room(1) == 0


def test_waiting_ends_when_there_is_room() -> None:
    gauge = Gauge(limit=2, share=2)
    enter(gauge, 1, 1)
    threading.Timer(0.05, gauge.leave, [1]).start()
    assert gauge.wait_for_room(5.0)
    assert gauge.total() == 1


def test_waiting_ends_when_the_time_is_over() -> None:
    gauge = Gauge(limit=1, share=1)
    enter(gauge, 1)
    assert not gauge.wait_for_room(0.02)
    assert not gauge.wait_until_empty(0.02)


def test_an_endpoint_has_its_places_whatever_the_account_may() -> None:
    gauge = Gauge(limit=100, share=100, places=3)
    enter(gauge, 1, 1, 1, 1, endpoint="slow.example")
    assert gauge.room_at("slow.example") == 0
    assert (gauge.room_at("quick.example"), gauge.room(1)) == (3, 96)


def test_a_place_is_free_again_when_its_send_ends() -> None:
    gauge = Gauge(limit=100, share=4, places=2)
    enter(gauge, 1, 1, endpoint="slow.example")
    gauge.leave(1, "slow.example")
    assert gauge.room_at("slow.example") == 1
    gauge.leave(1, "slow.example")
    assert gauge.room_at("slow.example") == 2


def test_an_endpoint_that_answers_quickly_may_have_more_before_it() -> None:
    gauge = Gauge(limit=2_000, share=1_000, places=50)
    gauge.enter([(1, "quick")] * 50)
    for _ in range(50):
        gauge.leave(1, "quick")

    assert gauge.room_at("quick") > 50


def test_an_endpoint_that_does_not_answer_gets_no_more_than_its_places() -> None:
    gauge = Gauge(limit=2_000, share=1_000, places=50)
    gauge.enter([(1, "slow")] * 50)

    assert gauge.room_at("slow") == 0
