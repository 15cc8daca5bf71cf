"""Which messages share a request."""

from dataclasses import replace

import pytest

from channels.base import Lane
from channels.email.mailgun import adapter as mailgun
from channels.email.ses import adapter as ses
from channels.messages import EmailMessage
from channels.protocols import WithBatch
from notifications.deliver.batch import MOST_TEXT, Share, bundles, shareable, together
from notifications.dispatch.claim import Claimed
from tests.channels.samples import NOW, account, email, envelope

ROW = Claimed._make([None] * len(Claimed._fields))._replace(lane=Lane.BULK.value, attempts=0)


def letters(*names: str, shape: str = "same") -> list[Share | None]:
    return [Share(shape, email(envelope=envelope(f"{name}@example.org"))) for name in names]


def test_messages_of_one_shape_go_together() -> None:
    assert bundles([*letters("a"), None, *letters("b", "c")], 50) == [[0, 2, 3]]


def test_messages_of_different_shapes_do_not() -> None:
    shares = [*letters("a", "b"), *letters("c", "d", shape="other")]
    assert bundles(shares, 50) == [[0, 1], [2, 3]]


def test_a_request_has_room_for_so_many() -> None:
    assert bundles(letters(*"abcdefg"), 3) == [[0, 1, 2], [3, 4, 5]]


def test_nobody_is_twice_in_a_request() -> None:
    assert bundles(letters("a", "b", "A", "c"), 50) == [[0, 1], [2, 3]]


def test_a_request_holds_so_much_text() -> None:
    long = "x" * (MOST_TEXT // 2 - 100)
    shares: list[Share | None] = []
    for share in letters("a", "b", "c"):
        assert share
        assert isinstance(share.message, EmailMessage)
        shares.append(share._replace(message=replace(share.message, text=long)))
    assert bundles(shares, 50) == [[0, 1]]


def test_a_message_by_itself_is_no_batch() -> None:
    assert bundles([*letters("a"), *letters("b", shape="other")], 50) == []


@pytest.mark.parametrize("adapter", [ses, mailgun])
def test_what_may_wait_and_has_not_failed_may_share(adapter: WithBatch) -> None:
    assert shareable(adapter, email(), ROW)
    assert shareable(adapter, email(), ROW._replace(lane=Lane.URGENT.value)) is None
    assert shareable(adapter, email(), ROW._replace(attempts=1)) is None


def test_a_batch_that_cannot_be_built_goes_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ses, "build_batch", lambda *_: 1 / 0)
    assert together(ses, account("ses"), letters("a", "b"), NOW) == []
