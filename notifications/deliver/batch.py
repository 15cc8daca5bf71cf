"""Which deliveries of an account share one request, where its provider takes several. Pure.

What has failed once goes alone, and what is urgent always does: so one message that spoils the
rest does so once at most.
"""

import logging
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, cast

from channels.base import Account, HttpRequest, Lane
from channels.messages import EmailMessage, Message
from channels.protocols import Adapter, WithBatch
from notifications.dispatch.claim import Claimed

log = logging.getLogger(__name__)

MOST_TEXT = 4_000_000  # characters of one request


class Share(NamedTuple):
    """A message that may go with others of the same shape."""

    shape: Hashable
    message: Message


def shareable(adapter: WithBatch, message: Message, row: Claimed) -> Share | None:
    if row.lane == Lane.URGENT or row.attempts:
        return None
    shape = adapter.batch_key(message)
    return None if shape is None else Share(shape, message)


def together(
    adapter: Adapter, account: Account, shares: Sequence[Share | None], now: datetime
) -> list[tuple[list[int], HttpRequest]]:
    """The places of those that go together, each list with its request; all others go alone."""
    found = []
    for places in bundles(shares, cast(WithBatch, adapter).BATCH):
        messages = [share.message for at in places if (share := shares[at])]
        try:
            found.append((places, cast(WithBatch, adapter).build_batch(messages, account, now)))
        except Exception:  # each has been built for itself, and can go so
            log.exception("batch cannot be built", extra={"account": account.slug})
    return found


def bundles(shares: Sequence[Share | None], most: int) -> list[list[int]]:
    """Lists of two and more places.

    Nobody is twice in one: providers keep what each person gets by their address.
    """
    by_shape: dict[Hashable, list[tuple[int, Message]]] = {}
    for at, share in enumerate(shares):
        if share is not None:
            by_shape.setdefault(share.shape, []).append((at, share.message))
    found = (bundle for messages in by_shape.values() for bundle in _cut(messages, most))
    return [bundle for bundle in found if len(bundle) > 1]


def _cut(messages: Iterable[tuple[int, Message]], most: int) -> Iterator[list[int]]:
    bundle: list[int] = []
    people: set[str] = set()
    left = MOST_TEXT
    for at, message in messages:
        who, size = message.envelope.address.lower(), _size(message)
        if bundle and (who in people or size > left or len(bundle) == most):
            yield bundle
            bundle, people, left = [], set(), MOST_TEXT
        bundle.append(at)
        people.add(who)
        left -= size
    yield bundle


def _size(message: Message) -> int:
    return len(message.text) + len(message.html) if isinstance(message, EmailMessage) else 0
