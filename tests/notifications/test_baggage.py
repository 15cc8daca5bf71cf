from collections.abc import Iterator

import pytest

from notifications import baggage


@pytest.fixture(autouse=True)
def nothing_else_carried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(baggage, "ROOM", 100)
    baggage._carried.clear()
    yield
    baggage._carried.clear()


def test_there_is_room_for_so_much() -> None:
    assert [baggage.take(name, 40) for name in ("a", "b", "c")] == [True, True, False]
    baggage.put_down("a")
    assert baggage.take("c", 40)


def test_one_that_is_larger_goes_alone() -> None:
    assert baggage.take("a", 1_000)
    assert not baggage.take("b", 1)


def test_what_nobody_put_down_makes_room_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baggage, "LONGEST", 0.0)
    assert baggage.take("a", 100)
    assert baggage.take("b", 100)
