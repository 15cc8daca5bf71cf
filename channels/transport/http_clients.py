"""The HTTP clients of a process, by account."""

import logging
from functools import cached_property

from pyreqwest.client import Client

from channels.base import Account, HttpRequest, Outcome, OutcomeKind
from channels.transport.connections import MAX_HTTP1, NO_HTTP2, Answer, Http1, Http2, Line
from channels.transport.endpoints import is_trusted_url, misconfigured
from channels.transport.guarded import REFUSED, Guarded
from channels.transport.in_flight import Flows

__all__ = ("MAX_HTTP1", "Clients")

logger = logging.getLogger(__name__)

BAD_CA = Outcome(OutcomeKind.MISCONFIGURED, "The CA certificate cannot be used", "bad_ca")


class Clients:
    """The HTTP clients of one event loop, made on first use.

    Each account has its own: APNs binds a connection to the key that was first used on it.
    """

    def __init__(self, guarded: Guarded | None = None) -> None:
        self.flows = Flows()
        self._given = guarded
        self._lines: dict[tuple[int, str, float, bool], Line] = {}
        self._trusted: dict[str, bool] = {}  # by endpoint of an account
        self._told: set[int] = set()

    @cached_property
    def _guarded(self) -> Guarded:
        return self._given or Guarded(flows=self.flows)

    async def fetch(
        self, account: Account, request: HttpRequest, deadline: float, token: str = ""
    ) -> tuple[Answer, Client | None]:
        """The answer, and the client that was used. Does not start after `deadline`, monotonic."""
        try:
            if request.guarded:
                return await self._guarded.fetch(account, request, deadline, token), None
            if account.endpoint and not self._is_trusted(request.url, account.endpoint):
                return await self._own_endpoint(account, request, deadline, token), None
            line = self._line(account, request)
        except ValueError:
            return BAD_CA, None
        answer = await line.send(request, token, deadline)
        if answer is NO_HTTP2:
            self._tell(account)
        return answer, line.client

    def _is_trusted(self, url: str, endpoint: str) -> bool:
        """Most URLs are the endpoint and a path: then the host is the endpoint's, and looked at
        once, as reading the URL of each request takes 4 µs (2026-11)."""
        if not url.startswith(endpoint) or url[len(endpoint) : len(endpoint) + 1] != "/":
            return is_trusted_url(url)
        trusted = self._trusted.get(endpoint)
        if trusted is None:
            trusted = self._trusted[endpoint] = is_trusted_url(f"{endpoint}/")
        return trusted

    async def _own_endpoint(
        self, account: Account, request: HttpRequest, deadline: float, token: str
    ) -> Answer:
        """A server that an operator named: vetted, and no fault of the person's address."""
        answer = await self._guarded.fetch(account, request, deadline, token, account.id)
        if answer is NO_HTTP2:
            self._tell(account)
        elif isinstance(answer, Outcome) and answer.code == REFUSED:
            return misconfigured(answer)
        return answer

    def forget(self, client: Client | None) -> None:
        """So that the account's next request opens a new connection."""
        for key in [key for key, line in self._lines.items() if line.client is client]:
            del self._lines[key]
            self.flows.put(key[0], key, None)

    def _line(self, account: Account, request: HttpRequest) -> Line:
        key = (account.id, account.ca_certificate, request.timeout, request.http2)
        line = self._lines.get(key)
        if line is None:
            make = Http2 if request.http2 else Http1
            line = self._lines[key] = make(account.ca_certificate, request.timeout)
            self.flows.put(account.id, key, line.flow)
        return line

    def _tell(self, account: Account) -> None:
        if account.id not in self._told:
            self._told.add(account.id)
            logger.error("HTTP/2 is required, but not offered", extra={"account": account.slug})
