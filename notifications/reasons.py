"""The words behind the reason codes of deliveries. Codes are stable; words may improve."""

import re
from functools import lru_cache

REASONS = {
    "": "",
    # decided before sending (preferences/decision/decide.py)
    "recipient_unknown": "No recipient has this ID",
    "recipient_erased": "The person's data was erased",
    "no_contact_point": "No address of this person on this channel",
    "suppressed": "The address is suppressed",
    "unsubscribed": "The person unsubscribed from everything",
    "unsubscribed_channel": "The person unsubscribed from this channel",
    "opted_out": "The person opted out of this type on this channel",
    "not_opted_in": "The person has not opted in to this type on this channel",
    "quiet_hours": "Waiting for the person's quiet hours to end",
    "paused": "The person paused all messages",
    "duplicate": "The same message was just sent to the person",
    "over_cap": "A frequency cap is reached",
    "caps_unknown": "Waiting: frequency caps cannot be checked right now",
    "send_window": "Waiting for the sending hours of the type",
    "legal_hours": "Waiting for the legal sending hours",
    "in_digest": "Collected into a digest",
    "expired": "Expired before it could be sent",
    # while on the way
    "retry": "Temporary failure; retrying",
    "throttled": "The provider asked us to slow down",
    "rate_limited": "Waiting for the account's rate limit",
    "daily_cap": "Waiting: the account's daily cap is reached",
    "provider_down": "Waiting: the provider is down",
    "no_account": "No provider account serves this channel there",
    "no_room": "Waiting for attachment memory",
    "account_held": "The provider account is suspended",
    "on_hold": "Paused; waiting to be resumed",
    "fallback": "Waiting to see whether another channel delivers",
    "fallback_next": "Waiting to see whether another channel delivers",
    "fallback_now": "Another channel failed; sending here",
    "fallback_not_needed": "Another channel delivered",
    "retried_by_hand": "Resent by an operator",
    "late_failure": "Accepted, then failed at the provider; retrying",
    "resend": "No answer from the provider; sending once more",
    "awaiting_receipt": "No answer from the provider; waiting for a receipt",
    # how it ended
    "cancelled": "Cancelled on request",
    "no_answer": "The provider never answered",
    "worker_crashed": "Given up after crashing a worker five times",
    "render_failed": "The template could not be rendered",
    "too_large": "The message is larger than the channel allows",
    "attachment_missing": "An attachment was deleted",
    "bad_part": "The rendered message is not valid for this channel",
    "url_refused": "The URL is not allowed",
    "bad_endpoint": "The URL or its secret is not valid",
    "bad_subscription": "The browser's subscription is not valid",
    "VapidPkHashMismatch": "The browser subscribed with another key",
    "type_removed": "The notification type was removed",
    "undecryptable": "The recipient's data can no longer be decrypted",
    "attempts_exhausted": "Every attempt failed",
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
    """Returns the reason under which a code is counted: OTHER for what is no code at all."""
    return code if code in REASONS or CODE.fullmatch(code) else OTHER


def reason_text(code: str) -> str:
    """What a code means; a provider's own code stands for itself."""
    return REASONS.get(code, code)
