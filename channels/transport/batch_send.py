"""What the answer to one request for several messages means for each of them."""

import logging
from collections.abc import Awaitable
from dataclasses import replace
from time import monotonic
from typing import NamedTuple

from channels.base import (
    Account,
    HttpRequest,
    HttpResponse,
    Outcome,
    OutcomeKind,
    TransportFailure,
    failure_outcome,
)
from channels.protocols import WithBatch, WithBatchRefusal
from channels.transport.connections import Answer

logger = logging.getLogger(__name__)

# Refused as a whole, when it was too late to send one by one. An attempt of each, or they would
# come back together and be refused again.
REMEMBER = 900.0  # seconds an account is not asked again whether it takes several: rights change
TOO_LATE = Outcome(OutcomeKind.RETRY, "Refused together with others", "batch_refused")


class Settled(NamedTuple):
    outcomes: list[Outcome] | None  # None: each alone
    result: HttpResponse | TransportFailure | None


class SingleSenders:
    """Accounts whose provider takes one message a request, by what it said. Of one event loop."""

    def __init__(self) -> None:
        self._until: dict[tuple[int, str], float] = {}

    def has(self, account: Account, request: HttpRequest) -> bool:
        return self._until.get((account.id, request.url), 0.0) > monotonic()

    def note(
        self, account: Account, request: HttpRequest, adapter: object, settled: Settled
    ) -> None:
        answer = settled.result
        if settled.outcomes is not None or not isinstance(answer, HttpResponse):
            return
        if isinstance(adapter, WithBatchRefusal) and adapter.refuses_batches(answer):
            self._until[account.id, request.url] = monotonic() + REMEMBER
            logger.warning("sends one by one", extra={"account": account.slug})


async def settle(adapter: WithBatch, n: int, asked: Awaitable[tuple[Answer, object]]) -> Settled:
    answer, _ = await asked
    if isinstance(answer, Outcome):  # known before it left
        refused = answer.kind is OutcomeKind.REJECTED
        return Settled(None if refused else [answer] * n, None)
    if isinstance(answer, TransportFailure):
        return Settled([failure_outcome(answer)] * n, answer)
    outcomes = adapter.classify_batch(answer, n)
    if outcomes is not None and len(outcomes) != n:
        logger.error("A batch was misread", extra={"expected": n, "found": len(outcomes)})
        outcomes = [failure_outcome(TransportFailure(sent=True, reason="misread"))] * n
    # What is said of one message is no other's: of several answers in one, none keeps an excerpt.
    alike = outcomes is None or len(set(outcomes)) == 1
    return Settled(outcomes, answer if alike else replace(answer, body=b""))
