"""Reading a provider's HTTP answer: the parts that are the same for all of them."""

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from channels.base import HttpResponse, Outcome, OutcomeKind

MAX_RETRY_AFTER = 86_400.0  # seconds; more is a provider's mistake
# To a request for several messages: it is not there (a simulator of the provider, an old region).
NO_SUCH_OPERATION = frozenset({404, 405, 501})


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header (RFC 9110, 10.2.3); a date counts from the Date header."""
    value = headers.get("retry-after") or ""
    if value.strip().isdecimal():
        return float(min(int(value.strip()[:9]), MAX_RETRY_AFTER))
    try:
        until = parsedate_to_datetime(value)
        seconds = (until - parsedate_to_datetime(headers.get("date") or "")).total_seconds()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in an answer's body; {} for anything else, be it HTML or nothing."""
    value = _json(body)
    return value if isinstance(value, dict) else {}


def json_array(body: bytes) -> list[Any]:
    """The JSON list; [] for anything else."""
    value = _json(body)
    return value if isinstance(value, list) else []


def status_outcome(response: HttpResponse) -> Outcome:
    """What a bare HTTP status means, where the provider's own code says nothing.

    Never BAD_RECIPIENT: no address is given up for a generic 404 or 410.
    """
    status, code = response.status, f"http_{response.status}"
    if 200 <= status < 300:
        return Outcome(OutcomeKind.UNCERTAIN, "The provider's answer could not be read", code)
    if status == 429:
        return Outcome(
            OutcomeKind.THROTTLED, "Too many requests", code, after=retry_after(response.headers)
        )
    if status >= 500 or status in (408, 425):
        return Outcome(
            OutcomeKind.RETRY, "The provider has trouble", code, after=retry_after(response.headers)
        )
    if status in (400, 409, 411, 413, 414, 415, 422, 431):
        return Outcome(OutcomeKind.REJECTED, "The provider refused the message", code)
    return Outcome(OutcomeKind.MISCONFIGURED, "The provider refused the request", code)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
