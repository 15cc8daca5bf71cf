"""The daily cap: what is granted, and what one bad row may not do."""

from types import SimpleNamespace
from typing import Any

import pytest
from redis import Redis

from channels.accounts import daily_cap as caps
from channels.accounts.credentials import account_upsert
from channels.accounts.daily_cap import UNBOOKED, under_cap
from channels.accounts.routes import routes
from channels.models import ProviderAccount
from notifyproj.core.servers.redis_client import quick_redis
from notifyproj.launch.servers.valkey import free_port
from tests.channels.accounts.test_choose import route


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    quick_redis().flushdb()
    at = [1_000.0]
    monkeypatch.setattr(caps, "time", SimpleNamespace(time=lambda: at[0]))
    return at


def test_no_more_is_granted_than_is_left(clock: list[float]) -> None:
    capped = route(1, day_left=10)
    assert [under_cap(capped, n) for n in (4, 4, 4, 4)] == [4, 4, 2, 0]
    assert under_cap(route(1), 500) == 500


def test_what_came_to_nothing_is_free_again_once_the_books_would_know(clock: list[float]) -> None:
    capped = route(1, day_left=10)
    under_cap(capped, 10)
    clock[0] += UNBOOKED - 1
    assert under_cap(capped, 1) == 0
    clock[0] += 1
    assert under_cap(capped, 1) == 1


def test_without_redis_each_process_has_a_share(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody: Any = Redis(port=free_port())
    monkeypatch.setattr(caps, "quick_redis", lambda: nobody)
    assert under_cap(route(1, day_left=10), 500) == 2


@pytest.mark.django_db
def test_an_account_with_nonsense_in_its_row_leaves_the_others_in_use() -> None:
    for slug in ("good", "bad"):
        account_upsert(slug=slug, channel="sms", kind="twilio")
    ProviderAccount.objects.filter(slug="bad").update(costs={"": "cheap"})
    routes.forget()

    found = routes.get().serving("sms", None)

    routes.forget()
    assert [r.account.slug for r in found] == ["good"]
