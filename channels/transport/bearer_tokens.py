"""Bearer tokens of providers with a token step, one request at a time for each account."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol, cast

from channels.base import (
    Account,
    BuildError,
    HttpRequest,
    HttpResponse,
    Outcome,
    OutcomeKind,
    Token,
    TransportFailure,
)
from channels.protocols import Adapter
from channels.transport.connections import Answer

EARLY = 300.0  # seconds before its end that a token is renewed
UNREACHABLE = Outcome(OutcomeKind.RETRY, "The token service could not be reached", "no_token")

Fetch = Callable[[Account, HttpRequest], Awaitable[Answer]]


class TokenAdapter(Protocol):
    def token_request(self, account: Account, now: datetime) -> HttpRequest: ...
    def parse_token(self, response: HttpResponse) -> Token | Outcome: ...


@dataclass(slots=True)
class _Held:
    value: str
    credentials: Mapping[str, str]
    renew_at: float  # monotonic
    ends_at: float


class Tokens:
    """Belongs to one event loop."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._held: dict[int, _Held] = {}
        self._pending: dict[int, asyncio.Task[str | Outcome]] = {}

    async def get(self, account: Account, adapter: Adapter) -> str | Outcome:
        """A token that is good for minutes, or what its absence means for the message."""
        held = self._held.get(account.id)
        if held and held.renew_at > monotonic() and held.credentials == account.credentials:
            return held.value
        task = self._pending.get(account.id)
        if task is None:
            renewal = self._renew(account, cast(TokenAdapter, adapter))
            task = self._pending[account.id] = asyncio.create_task(renewal)
            task.add_done_callback(lambda _: self._pending.pop(account.id))
        return await task

    def invalidate(self, account: Account, value: str) -> None:
        """Forget a token the provider refused, unless it has been renewed since."""
        held = self._held.get(account.id)
        if held and held.value == value:
            del self._held[account.id]

    async def _renew(self, account: Account, adapter: TokenAdapter) -> str | Outcome:
        answer = await self._ask(account, adapter)
        if isinstance(answer, Token):
            now = monotonic()
            renew_at = now + max(answer.expires_in - EARLY, answer.expires_in / 2)
            ends_at = now + answer.expires_in
            held = _Held(answer.value, account.credentials, renew_at, ends_at)
            self._held[account.id] = held
            return held.value
        old = self._held.get(account.id)
        if old and old.ends_at > monotonic() + 30 and old.credentials == account.credentials:
            return old.value
        return answer

    async def _ask(self, account: Account, adapter: TokenAdapter) -> Token | Outcome:
        try:
            request = adapter.token_request(account, datetime.now(UTC))
        except BuildError as error:
            return error.outcome
        answer = await self._fetch(account, request)
        if isinstance(answer, TransportFailure):
            return UNREACHABLE
        return answer if isinstance(answer, Outcome) else adapter.parse_token(answer)
