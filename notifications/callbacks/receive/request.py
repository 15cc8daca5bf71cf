"""One request of ours now and then, waited for: a certificate, a confirmation. Never while a
transaction is open, and only to an address on the public internet."""

import asyncio
import logging
from dataclasses import replace
from time import monotonic

from channels.base import Account, Channel, HttpRequest, HttpResponse
from channels.transport.http_clients import Clients

log = logging.getLogger(__name__)

SECONDS = 5.0
NOBODY = Account(
    id=0,
    slug="callbacks",
    kind="",
    channel=Channel.EMAIL,
    app_id=None,
    endpoint="",
    credentials={},
    settings={},
)


def call(request: HttpRequest, account: Account = NOBODY) -> HttpResponse | None:
    """The answer; None when there was none."""
    guarded = replace(request, guarded=True, timeout=min(request.timeout, SECONDS))
    answer = asyncio.run(_fetch(account, guarded))
    if isinstance(answer, HttpResponse):
        return answer
    problem = {"account": account.slug, "reason": getattr(answer, "reason", "")}
    log.warning("a request about callbacks failed", extra=problem)
    return None


async def _fetch(account: Account, request: HttpRequest) -> object:
    answer, _ = await Clients().fetch(account, request, monotonic() + SECONDS)
    return answer
