"""One send, whatever it is: a mail, an HTTP request with or without a token, after a look-up, or
several messages in one request. On the transport's loop.
"""

from functools import cached_property
from time import monotonic
from typing import cast

from channels.base import (
    NOT_STARTED,
    Account,
    HttpRequest,
    HttpResponse,
    Outcome,
    OutcomeKind,
    Response,
    SmtpSend,
    TransportFailure,
    failure_outcome,
)
from channels.protocols import Adapter, WithBatch
from channels.transport.batch_send import Settled, SingleSenders, settle
from channels.transport.bearer_tokens import Tokens
from channels.transport.connections import Answer
from channels.transport.dns import Names, look_up
from channels.transport.guarded import UNKNOWN as UNKNOWN_HOST
from channels.transport.http_clients import Clients, vetted_addresses
from channels.transport.look_up import LookUp, SecondTry
from channels.transport.smtp import SmtpPool

Result = Response | TransportFailure | None


class Sender:
    """Belongs to one event loop. What only some channels need is made when they need it."""

    def __init__(self) -> None:
        self.accepting = True  # False: nothing is started any more
        self.clients = Clients()

    @cached_property
    def _tokens(self) -> Tokens:
        return Tokens(self._fetch_token)

    @cached_property
    def _smtp(self) -> SmtpPool:
        return SmtpPool(self.clients.flows)

    @cached_property
    def _singles(self) -> SingleSenders:
        return SingleSenders()

    @cached_property
    def _names(self) -> Names:
        return Names(look_up)

    async def perform(
        self, account: Account, adapter: Adapter, request: HttpRequest | SmtpSend, deadline: float
    ) -> tuple[Outcome, Result]:
        if self.too_late(deadline):
            return failure_outcome(NOT_STARTED), NOT_STARTED
        if isinstance(request, SmtpSend):
            return await self._mail(account, adapter, request, deadline)
        if isinstance(request, SecondTry) and request.look_up:
            known = await self._look_up(request.look_up, deadline)
            if known is not None:
                return known
        outcome, result = await self._http(account, adapter, request, deadline)
        if outcome.repair and self.too_late(deadline):
            return failure_outcome(NOT_STARTED), NOT_STARTED  # refused unread: as good as unsent
        if outcome.repair:
            return await self._http(account, adapter, request, deadline)
        return outcome, result

    async def perform_together(
        self, account: Account, adapter: Adapter, request: HttpRequest, deadline: float, n: int
    ) -> Settled:
        """`request` holds `n` messages of an adapter that is WithBatch."""
        if self.too_late(deadline):
            return Settled([failure_outcome(NOT_STARTED)] * n, NOT_STARTED)
        if self._singles.has(account, request):
            return Settled(None, None)
        asked = self.clients.fetch(account, request, deadline)
        settled = await settle(cast(WithBatch, adapter), n, asked)
        self._singles.note(account, request, adapter, settled)
        return settled

    def too_late(self, deadline: float) -> bool:
        """Whether nothing may be started any more, or not before `deadline`, monotonic."""
        return not self.accepting or monotonic() > deadline

    def close(self) -> None:
        if "_smtp" in self.__dict__:
            self._smtp.close()

    async def _mail(
        self, account: Account, adapter: Adapter, request: SmtpSend, deadline: float
    ) -> tuple[Outcome, Result]:
        try:
            addresses = await vetted_addresses(self._names, request.host)
        except (OSError, UnicodeError):
            return failure_outcome(UNKNOWN_HOST), UNKNOWN_HOST
        if isinstance(addresses, Outcome):
            return addresses, None
        reply = await self._smtp.send(account, request, deadline, addresses)
        return _outcome(adapter, reply), reply

    async def _look_up(self, first: LookUp, deadline: float) -> tuple[Outcome, Result] | None:
        """What became of the attempt before; None: send."""
        answer, _ = await self.clients.fetch(first.account, first.request, deadline)
        outcome = first.verdict(answer if isinstance(answer, HttpResponse) else None)
        if outcome is not None:
            return outcome, None if isinstance(answer, Outcome) else answer
        if self.too_late(deadline):
            return failure_outcome(NOT_STARTED), NOT_STARTED
        return None

    async def _http(
        self, account: Account, adapter: Adapter, request: HttpRequest, deadline: float
    ) -> tuple[Outcome, Result]:
        token = ""
        if request.needs_token:
            found = await self._tokens.get(account, adapter)
            if isinstance(found, Outcome):
                return found, None
            if self.too_late(deadline):
                return failure_outcome(NOT_STARTED), NOT_STARTED
            token = found
        answer, client = await self.clients.fetch(account, request, deadline, token)
        if isinstance(answer, Outcome):
            return answer, None
        outcome = _outcome(adapter, answer)
        if outcome.repair and token:
            self._tokens.invalidate(account, token)
        elif outcome.repair:
            self.clients.forget(client)
        return outcome, answer

    async def _fetch_token(self, account: Account, request: HttpRequest) -> Answer:
        return (await self.clients.fetch(account, request, monotonic() + request.timeout))[0]


def _outcome(adapter: Adapter, result: Response | TransportFailure) -> Outcome:
    if isinstance(result, TransportFailure):
        if result.sent and getattr(adapter, "REPEATABLE", False):
            return Outcome(OutcomeKind.RETRY, "The receiver did not answer", "no_answer")
        return failure_outcome(result)
    return adapter.classify(result)
