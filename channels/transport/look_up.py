"""A send that may be a repetition: first the provider is asked whether it has the message."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from channels.base import Account, BuildError, HttpRequest, HttpResponse, Outcome, OutcomeKind
from channels.protocols import WithLookUp

FOUND = "found"  # the code of an outcome that a look-up brought
UNKNOWN = Outcome(
    OutcomeKind.RETRY, "The provider could not be asked about the first attempt", "look_up"
)


@dataclass(frozen=True, slots=True)
class LookUp:
    account: Account  # of the first attempt, whoever sends the second
    adapter: WithLookUp
    request: HttpRequest
    message: Any
    insist: bool  # nothing is sent while the answer is unknown

    def verdict(self, response: HttpResponse | None) -> Outcome | None:
        """What became of the first attempt; None: send."""
        outcome = self.adapter.found(response, self.message) if response else UNKNOWN
        unknown = outcome is not None and outcome.kind is OutcomeKind.RETRY
        return None if unknown and not self.insist else outcome


@dataclass(frozen=True, slots=True)
class SecondTry(HttpRequest):
    look_up: LookUp | None = None


def second_try(
    send: HttpRequest,
    message: Any,
    first: tuple[Account, object],
    *,
    tried_at: datetime,
    now: datetime,
    insist: bool,
) -> HttpRequest:
    """`send`, to be preceded by a look-up at the account and adapter of the `first` try."""
    account, adapter = first
    if not isinstance(adapter, WithLookUp):
        return send
    asked = replace(message, envelope=replace(message.envelope, tried_at=tried_at))
    try:
        request = adapter.look_up(asked, account, now)
    except BuildError:
        return send  # that account is broken: nothing can be learnt of it
    look_up = LookUp(
        account=account, adapter=adapter, request=request, message=asked, insist=insist
    )
    same = {field.name: getattr(send, field.name) for field in fields(HttpRequest)}
    return SecondTry(**same, look_up=look_up)
