"""Requests to URLs that somebody else gave: vetted, and sent to the vetted address only.

The name is looked up here, `ssrf` judges what it means, and the client is told the address, so
that no second look-up can answer differently (DNS rebinding). TLS and the Host header still say
the name.
"""

from collections import Counter, OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from django.conf import settings
from pyreqwest.http import Url

from channels.base import (
    NOT_STARTED,
    Account,
    HttpRequest,
    Outcome,
    OutcomeKind,
    TransportFailure,
)
from channels.transport import ssrf
from channels.transport.connections import Answer, Http1, Http2, Line, Pinned
from channels.transport.dns import Names, Resolver, look_up
from channels.transport.in_flight import Flow, Flows
from channels.transport.window import Window

MOST_LINES = 128  # a quarter of a megabyte each, and 4 ms to make (2026-11)
MOST_ADDRESSES = 3  # of a host that are tried
PLACES = 10  # sends at a time to one endpoint
REFUSED = "url_refused"  # the code of what may not be called
UNKNOWN = TransportFailure(sent=False, reason="the host could not be looked up")


class Guarded:
    """Belongs to one event loop. `resolve` is the system's, or a test's."""

    def __init__(
        self,
        resolve: Resolver | None = None,
        allow_loopback: bool | None = None,
        flows: Flows | None = None,
    ) -> None:
        self._names = Names(resolve or look_up)
        self._allow_loopback = allow_loopback
        self._lines: OrderedDict[tuple[Any, ...], Line] = OrderedDict()
        self._flows = flows or Flows()  # of the accounts that have a server of their own
        self._endpoints: dict[str, Flow] = {}
        self._users: Counter[str] = Counter()

    async def fetch(
        self,
        account: Account,
        request: HttpRequest,
        deadline: float,
        token: str = "",
        owner: int = 0,
    ) -> Answer:
        """As `Clients.fetch`; does not start after `deadline`, monotonic. `owner`: of connections
        that are nobody else's."""
        if refused := ssrf.refuse_url(request.url, loopback_allowed=self._local()):
            return _refusal(refused, never=True)
        async with self._place(request, deadline) as entered:
            if not entered:
                return NOT_STARTED
            return await self._fetch(account, request, deadline, token, owner)

    async def _fetch(
        self, account: Account, request: HttpRequest, deadline: float, token: str, owner: int
    ) -> Answer:
        host = ssrf.host_of(request.url)
        try:
            addresses = await self._names.find(host)
        except (OSError, UnicodeError):
            return UNKNOWN
        refused = ssrf.refuse(request.url, addresses, loopback_allowed=self._local())
        if refused or not _same_host(request.url, host):
            return _refusal(refused or "The host must be a public name")
        answer: Answer = NOT_STARTED
        for address in addresses[:MOST_ADDRESSES]:
            if monotonic() > deadline:
                break
            line = self._line(account, request, (host, address), owner)
            answer = await line.send(request, token, deadline)
            if not isinstance(answer, TransportFailure) or answer.sent:
                break
        return answer

    def _line(self, account: Account, request: HttpRequest, pinned: Pinned, owner: int) -> Line:
        paced = bool(request.endpoint)
        key = (owner, account.ca_certificate, request.timeout, request.http2, paced, *pinned)
        if key not in self._lines:
            make = Http2 if request.http2 else Http1
            line = make(account.ca_certificate, request.timeout, pinned, paced=paced)
            self._lines[key] = line
            if owner:
                self._flows.put(owner, key, line.flow)
            if len(self._lines) > MOST_LINES:
                old, _ = self._lines.popitem(last=False)
                self._flows.put(old[0], old, None)
        self._lines.move_to_end(key)
        return self._lines[key]

    @asynccontextmanager
    async def _place(self, request: HttpRequest, deadline: float) -> AsyncIterator[bool]:
        """A slow server keeps its own messages waiting, and nobody else's."""
        endpoint = request.endpoint
        if not endpoint:
            yield True
            return
        flow = self._endpoints.setdefault(endpoint, Flow(Window(PLACES, request.timeout)))
        self._users[endpoint] += 1
        entered, started = False, 0.0
        try:
            entered = await flow.enter(deadline)
            started = monotonic()
            yield entered
        finally:
            if entered:
                flow.leave(started)
            self._users[endpoint] -= 1
            if not self._users[endpoint]:
                del self._users[endpoint], self._endpoints[endpoint]

    def _local(self) -> bool:
        if self._allow_loopback is None:
            self._allow_loopback = bool(settings.ALLOW_PRIVATE_URLS)
        return self._allow_loopback


def _same_host(url: str, host: str) -> bool:
    """Whether the client reads the same name in the URL as the one that was vetted."""
    try:
        return (Url(url).host_str or "").strip("[]") == host
    except ValueError:
        return False


def _refusal(reason: str, *, never: bool = False) -> Outcome:
    """`never`: nothing that may change, as a name's address does, would make this URL allowed."""
    kind = OutcomeKind.BAD_RECIPIENT if never else OutcomeKind.REJECTED
    return Outcome(kind, reason, REFUSED)
