"""One message through exactly one account, now, so that an operator sees the provider's response.

Past the queue, the breaker and a hold: it is there to find out whether those may be lifted. It is
no delivery: nothing is counted, and what the provider says of it later concerns nobody.
"""

import asyncio
import threading
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

from channels import registry
from channels.base import (
    Account,
    BuildError,
    Channel,
    Envelope,
    HttpRequest,
    HttpResponse,
    Lane,
    Outcome,
    OutcomeKind,
    SmtpReply,
    SmtpSend,
    TransportFailure,
)
from channels.compose import compose
from channels.transport.dns import Names, look_up
from channels.transport.http_clients import is_public_server
from channels.transport.loop import Result, transport
from notifyproj.core.clock import milliseconds, now
from notifyproj.core.ids import uuid7

PATIENCE = 15.0  # seconds
NOT_SHOWN = "The server has a private address, so its response is not shown"
EXCERPT = 2_000  # characters of an answer
LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came back, for operators."""

    outcome: Outcome
    seconds: float
    status: int | None = None
    answer: str = ""


def send(account: Account, address: str, text: str) -> Verdict:
    """Sends the test and returns its outcome; blocks until there is one or the time is up."""
    adapter = registry.adapter(account.kind)
    started = monotonic()
    try:
        message = compose(account.channel, _envelope(address), _parts(account.channel, text))
        request = adapter.build(message, account, now())
    except BuildError as error:
        return Verdict(error.outcome, 0.0)
    except (KeyError, ValueError) as error:
        return Verdict(Outcome(OutcomeKind.REJECTED, f"Not a valid address: {error}"), 0.0)
    if not isinstance(request, HttpRequest | SmtpSend):
        return Verdict(Outcome(OutcomeKind.REJECTED, "The in-app inbox has no provider"), 0.0)
    outcome, result = _wait(account, adapter, request)
    seconds = monotonic() - started
    if result is not None and not isinstance(result, TransportFailure) and _is_private(request):
        return Verdict(Outcome(outcome.kind, NOT_SHOWN, "private_address"), seconds)
    return Verdict(outcome, seconds, *_shown(result))


def _is_private(request: HttpRequest | SmtpSend) -> bool:
    async def ask() -> bool:
        return not await is_public_server(request, Names(look_up))

    return asyncio.run(ask())


def _wait(
    account: Account, adapter: Any, request: HttpRequest | SmtpSend
) -> tuple[Outcome, Result]:
    found: list[tuple[Outcome, Result]] = []
    ready = threading.Event()

    def done(_: object, outcome: Outcome, result: Result) -> None:
        found.append((outcome, result))
        ready.set()

    transport().submit([(None, account, adapter, request, monotonic() + PATIENCE / 2)], done)
    if ready.wait(PATIENCE):
        return found[0]
    return Outcome(OutcomeKind.UNCERTAIN, f"No response within {PATIENCE:.0f} seconds"), None


def _shown(result: Result) -> tuple[int | None, str]:
    match result:
        case HttpResponse(status=status, body=body):
            return status, body.decode(errors="replace")[:EXCERPT]
        case SmtpReply(code=code, text=text, command=command):
            return code, f"{command}: {text}"[:EXCERPT]
        case TransportFailure(reason=reason):
            return None, reason
    return None, ""


def _envelope(address: str) -> Envelope:
    at = now()
    return Envelope(
        delivery_id=str(uuid7(milliseconds(at))),
        attempt=1,
        address=address,
        expires_at=at + LIFE,
        lane=Lane.URGENT,
        type="test",
    )


def _parts(channel: Channel, text: str) -> dict[str, str]:
    if channel == Channel.EMAIL:
        return {"subject": "Test", "text": text}
    return {"title": "Test", "body": text, "text": text, "event": "test.sent"}
