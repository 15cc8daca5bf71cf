"""Many at once, and some that die."""

from datetime import datetime
from typing import Any

import pytest

from notifications.accept import write as accept
from notifications.digests.models import Digest, DigestItem
from notifications.services import close_digests as closing
from notifications.services import compose_digest as writing
from notifications.services.close_digests import close_due
from notifyproj.core.clock import now
from tests.flows.digests.steps import an_hour_passes, collected, said, tell
from tests.flows.steps import conserved, settled
from tests.flows.threads import at_once
from tests.world import World


def test_two_events_at_the_same_instant_make_one_digest(news: World) -> None:
    at_once(*[lambda n=n: tell(news, f"A-{n}") for n in range(12)])

    assert Digest.objects.get().count == DigestItem.objects.count() == 12
    conserved()


def test_what_comes_while_it_closes_is_in_this_one_or_the_next(news: World) -> None:
    """Some add, some close, for as long as it takes: each item goes out once."""
    orders = [f"A-{n}" for n in range(40)]

    def add(part: list[str]) -> None:
        for order in part:
            tell(news, order)
            an_hour_passes()

    def close() -> None:
        for _ in range(15):
            close_due()

    adders = [lambda n=n: add(orders[n::4]) for n in range(4)]
    at_once(*adders, close, close)
    an_hour_passes()
    close_due()

    settled()
    told = " ".join(body for _, body in said()).split()
    assert sorted(told) == sorted(orders)
    conserved()


def test_those_who_close_at_once_make_one_message(news: World) -> None:
    tell(news, "A-1", "A-2")
    an_hour_passes()

    assert sum(at_once(*[close_due] * 4)) == 1

    settled()
    assert len(said()) == 1


def test_one_who_dies_while_closing_leaves_all_to_the_next(
    news: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(news, "A-1")
    an_hour_passes()
    with monkeypatch.context() as patched:
        patched.setattr(accept, "write", _dies)
        with pytest.raises(SystemExit):
            close_due()

    assert close_due() == 1

    settled()
    assert said() == [("1 news, the last of A-1", "A-1")]


def _dies(*_: object) -> None:
    raise SystemExit


def test_one_that_cannot_be_written_does_not_stop_the_others(
    news: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected(digest={"by": "order_id", "seconds": 60})
    tell(news, "A-1", "B-1")
    an_hour_passes()
    bad = Digest.objects.order_by("pk")[0]

    def fails(due: Any, at: datetime) -> Any:
        if bad.pk in [item.id for item in due]:
            raise ValueError
        return writing.drafts_of(due, at)

    monkeypatch.setattr(closing, "drafts_of", fails)

    assert close_due() == 1

    settled()
    assert said() == [("1 news, the last of B-1", "B-1")]
    bad.refresh_from_db()
    assert bad.closes_at > now()
