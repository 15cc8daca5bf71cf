from collections.abc import Iterator

import pytest

from notifications.attachments import memory_budget


@pytest.fixture(autouse=True)
def nothing_else_carried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(memory_budget, "ROOM", 100)
    memory_budget._carried.clear()
    yield
    memory_budget._carried.clear()


def test_there_is_room_for_so_much() -> None:
    assert [memory_budget.take(name, 40) for name in ("a", "b", "c")] == [True, True, False]
    memory_budget.put_down("a")
    assert memory_budget.take("c", 40)


def test_one_that_is_larger_goes_alone() -> None:
    assert memory_budget.take("a", 1_000)
    assert not memory_budget.take("b", 1)


def test_what_nobody_put_down_makes_room_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_budget, "LONGEST", 0.0)
    assert memory_budget.take("a", 100)
    assert memory_budget.take("b", 100)
