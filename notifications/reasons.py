"""The words behind the reason codes of deliveries. Codes are stable; words may improve."""

import re
from functools import lru_cache

REASONS = {
    "": "",
    # decided before sending (preferences/decision/decide.py)
    "recipient_unknown": "Nobody is known by this id",
    "recipient_erased": "The person's data was erased",
    "no_contact_point": "No address of this person on this channel",
    "suppressed": "The address is suppressed",
    "unsubscribed": "The person unsubscribed from everything",
    "unsubscribed_channel": "The person unsubscribed from this channel",
    "opted_out": "The person does not want this kind of news here",
    "not_opted_in": "The person did not ask for this kind of news here",
    "quiet_hours": "Waiting for the person's quiet hours to end",
    "paused": "The person paused all news",
    "duplicate": "The same was sent to the person just before",
    "over_cap": "The person gets no more of this for now",
    "caps_unknown": "Waiting: it cannot be counted what the person got",
    "send_window": "Waiting for the hours in which this is sent",
    "legal_hours": "Waiting for the hours the law allows",
    "in_digest": "Goes out with others, as one message",
    "expired": "Too late: its time had passed",
    # while on the way
    "retry": "The provider failed; trying again",
    "throttled": "The provider asked us to slow down",
    "rate_limited": "Waiting for this account's rate",
    "daily_cap": "The provider account sent what it may send a day; waiting",
    "provider_down": "The provider is down; waiting",
    "no_account": "No provider account serves this channel there",
    "no_room": "Waiting until fewer files are on the way",
    "account_held": "The provider account is paused or needs an operator",
    "on_hold": "Paused by somebody; waiting until it goes on",
    "fallback": "Waiting to see whether another channel arrives",
    "fallback_next": "Waiting to see whether another channel arrives",
    "fallback_now": "Another channel failed; sending here",
    "fallback_not_needed": "Another channel arrived",
    "retried_by_hand": "An operator asked to send it again",
    "late_failure": "The provider took it and failed later; trying again",
    "resend": "No answer from the provider; sending once more",
    "awaiting_receipt": "No answer from the provider; waiting for a receipt",
    # how it ended
    "cancelled": "Cancelled on request",
    "no_answer": "The provider never answered",
    "worker_crashed": "Given up after crashing a worker five times",
    "render_failed": "The template could not be rendered",
    "too_large": "The message is larger than the channel takes",
    "attachment_missing": "A file it should carry was deleted",
    "bad_part": "What the template wrote cannot be sent",
    "url_refused": "The URL is not one that may be called",
    "bad_endpoint": "The URL or its secret is not as it should be",
    "bad_subscription": "The browser's subscription is not as it should be",
    "VapidPkHashMismatch": "The browser subscribed with another key",
    "type_removed": "This kind of news is no longer sent",
    "undecryptable": "The recipient's data can no longer be decrypted",
    "attempts_exhausted": "The provider failed every time",
}

# Waits of our own choosing: how long a provider took is counted from their end.
DEFERRALS = (
    "quiet_hours",
    "send_window",
    "legal_hours",
    "paused",
    "over_cap",
    "caps_unknown",
    "fallback",
    "fallback_next",
)

# Codes of providers are told apart in counts where they look like codes, and cannot be many.
CODE = re.compile(r"[A-Za-z_]{1,40}|http_[0-9]{3}|[0-9]{1,5}|[245]\.[0-9]{1,2}\.[0-9]{1,3}")
OTHER = "other"


@lru_cache(maxsize=4096)
def counted_as(code: str) -> str:
    return code if code in REASONS or CODE.fullmatch(code) else OTHER


def words(code: str) -> str:
    """What a code means; a provider's own code stands for itself."""
    return REASONS.get(code, code)
