import threading

from channels.gauge import Gauge


def test_one_account_gets_its_share_and_no_more() -> None:
    gauge = Gauge(limit=10, share=5)
    gauge.enter([1] * 4)
    assert (gauge.room(1), gauge.room(2)) == (1, 5)


def test_the_process_is_a_limit_too() -> None:
    gauge = Gauge(limit=10, share=5)
    gauge.enter([1] * 5 + [2] * 4)
    assert gauge.room(3) == 1


def test_too_many_leave_no_room_rather_than_less_than_none() -> None:
    gauge = Gauge(limit=2, share=1)
    gauge.enter([1, 1, 1])
    assert gauge.room(1) == 0


def test_waiting_ends_when_there_is_room() -> None:
    gauge = Gauge(limit=2, share=2)
    gauge.enter([1, 1])
    threading.Timer(0.05, gauge.leave, [1]).start()
    assert gauge.wait_for_room(5.0)
    assert gauge.total() == 1


def test_waiting_ends_when_the_time_is_over() -> None:
    gauge = Gauge(limit=1, share=1)
    gauge.enter([1])
    assert not gauge.wait_for_room(0.02)
    assert not gauge.wait_until_empty(0.02)
