"""The faults a simulator can be told to have, and which one a request meets. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

KINDS = {
    "throttle": "Too many requests: 429 with Retry-After",
    "error": "Server error: 500 or 503",
    "slow": "Slow response",
    "hang": "Accepts the message and never responds",
    "reset": "Accepts the message, then resets the connection",
    "reset_before": "Resets the connection before reading the message",
    "html": "A 502 page in HTML instead of JSON",
    "dead_token": "The recipient no longer exists",
    "bad_auth": "Rejects the credentials",
}
REPLACING = frozenset({"throttle", "error", "html", "dead_token", "bad_auth"})  # never accepted
SILENT = frozenset({"hang", "reset", "reset_before"})  # never answered


@dataclass(frozen=True, slots=True)
class FaultRule:
    kind: str
    share: float = 1.0  # of the account's requests, 0 to 1
    seconds: float = 5.0
    status: int = 503


def drawn(rules: Sequence[FaultRule], chance: float) -> FaultRule | None:
    """The fault of the request whose lot is `chance` (0 ≤ chance < 1).

    Shares add up: 0.2 of one and 0.1 of another leave 0.7 of the requests alone.
    """
    reached = 0.0
    for rule in rules:
        reached += rule.share
        if chance < reached:
            return rule
    return None
