"""Why a delivery was planned as it was, kept with it in a few words, and read as sentences. Pure.

A trace, which `rows` writes, is words apart: why it may be sent, as a code of `BASES`; `wait:`,
`skip:` or `fold:` with the reason code, if it was not sent at once; then each cap with what was
taken of it (`cap_codes.py`).
"""

from notifications.reasons import REASONS, reason_text
from preferences.decision.cap_codes import cap_sentence

BASES = {
    "mandatory": "This type is mandatory, such as security or legal messages.",
    "chosen_type": "The person opted in to this notification type.",
    "chosen_category": "The person opted in to the category of this notification type.",
    "default": "Sent by default: the person has not opted out.",
}
RULE_OF = {
    "recipient_unknown": "recipient",
    "recipient_erased": "erased",
    "no_contact_point": "address",
    "suppressed": "suppression",
    "unsubscribed": "unsubscribed",
    "unsubscribed_channel": "unsubscribed",
    "paused": "pause",
    "opted_out": "choice",
    "not_opted_in": "choice",
    "expired": "expiry",
    "duplicate": "duplicate",
    "over_cap": "caps",
    "caps_unknown": "caps",
    "quiet_hours": "hours",
    "send_window": "hours",
    "legal_hours": "hours",
}
WAITED = {
    "quiet_hours": "Delayed by the person's quiet hours.",
    "send_window": "Delayed until the sending hours of the type.",
    "legal_hours": "Delayed until the legal sending hours.",
    "over_cap": "Delayed by a frequency cap.",
    "caps_unknown": "Delayed until frequency caps could be checked.",
}

Line = tuple[str, str]  # the rule, and what it said in a sentence


def read(trace: str, reason: str) -> list[Line]:
    """`reason`: what holds now, which may be something that came later. Holds nothing personal."""
    parts = trace.split()
    lines = [line for part in parts if (line := _line(part, reason)) is not None]
    if reason and not any(part.partition(":")[2] == reason for part in parts):
        lines.append((RULE_OF.get(reason, "delivery"), _sentence(reason)))
    return lines


def _line(part: str, now: str) -> Line | None:
    if part in BASES:
        return "basis", BASES[part]
    if sentence := cap_sentence(part):
        return "caps", sentence
    verb, _, reason = part.partition(":")
    if verb == "wait" and reason != now:
        return RULE_OF.get(reason, "hours"), WAITED.get(reason, _sentence(reason))
    if verb == "fold":
        return "digest", "Collected into a digest."
    return (RULE_OF.get(reason, "delivery"), _sentence(reason)) if reason else None


def _sentence(reason: str) -> str:
    return f"{reason_text(reason)}." if reason in REASONS else f"The provider reported {reason}."
