"""The HTTP clients of a process, by account, and which servers an account may name as its own.

An operator of the admin must reach nothing by it that only this machine may reach. So the servers
they name are vetted like the webhooks of strangers, but for hosts that whoever runs the platform
lists in PROVIDER_HOSTS, and but for the sandbox.
"""

import logging
from functools import cached_property

from django.conf import settings
from pyreqwest.client import Client

from channels.base import Account, HttpRequest, Outcome, OutcomeKind, SmtpSend
from channels.transport import ssrf
from channels.transport.connections import MAX_HTTP1, NO_HTTP2, Answer, Http1, Http2, Line
from channels.transport.dns import Names
from channels.transport.guarded import REFUSED, Guarded
from channels.transport.in_flight import Flows

__all__ = ("MAX_HTTP1", "Clients")

logger = logging.getLogger(__name__)

NOT_LISTED = "PROVIDER_HOSTS does not list it"
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


def is_trusted(host: str) -> bool:
    """Whether it needs no vetting; `host` in lower case."""
    if settings.SANDBOX or host in settings.PROVIDER_HOSTS:
        return True
    return bool(settings.ALLOW_PRIVATE_URLS) and host in ssrf.LOOPBACK  # as for webhooks


def is_trusted_url(url: str) -> bool:
    """The same of the host of a URL; not of one that another reader may take for another host, as
    of `https://10.0.0.1\\@relay.example`."""
    if settings.SANDBOX:
        return True
    return not ssrf.is_ambiguous(url) and is_trusted(ssrf.host_of(url))


def refuse_endpoint(url: str) -> str | None:
    """Why an account may not have this endpoint, for forms; None when it may."""
    if "@" in url or "#" in url or "?" in url:
        return "The URL must hold no user name, no query and no fragment"
    host = ssrf.host_of(url)
    if is_trusted_url(url):
        return None
    if url.startswith(("smtp://", "smtps://", "smtp+starttls://")):
        return refuse_mail_server(host)
    reason = ssrf.refuse_url(url)
    return f"{reason}, and {NOT_LISTED}" if reason else None


def refuse_mail_server(host: str) -> str | None:
    """The same for a mail server that is named by itself."""
    if is_trusted(host.lower()):
        return None
    reason = ssrf.refuse_host(host.lower())
    return f"{reason}, and {NOT_LISTED}" if reason else None


def misconfigured(refused: Outcome) -> Outcome:
    """A refusal of the guard as the account's fault: nothing is wrong with the person's address."""
    reason = f"The account's endpoint: {refused.reason}"
    return Outcome(OutcomeKind.MISCONFIGURED, reason, refused.code)


async def vetted_addresses(names: Names, host: str) -> list[str] | Outcome:
    """Where a mail server is, or why nothing may be sent there. Raises OSError.

    [] when the host is trusted: it may be looked up by whoever connects.
    """
    if is_trusted(host.lower()):
        return []
    reason = refuse_mail_server(host)
    if reason is None:
        found = await names.find(host)
        if all(map(ssrf.is_public, found)) and found:
            return found
        reason = f"The host is not on the public internet, and {NOT_LISTED}"
    return Outcome(OutcomeKind.MISCONFIGURED, f"The mail server: {reason}", "url_refused")


async def is_public_server(request: HttpRequest | SmtpSend, names: Names) -> bool:
    """Whether its response may be shown: not that of a private address."""
    host = request.host if isinstance(request, SmtpSend) else ssrf.host_of(request.url)
    if settings.SANDBOX and host in ssrf.LOOPBACK:
        return True  # the simulators
    try:
        found = await names.find(host)
    except (OSError, UnicodeError):
        return False
    return bool(found) and all(map(ssrf.is_public, found))
