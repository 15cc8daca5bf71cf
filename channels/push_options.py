"""What a push may ask of iOS or Android in particular, and how each is written. Pure.

A template's parts `ios_<name>` and `android_<name>`; their values may hold variables, so they are
read only when a message is made.
"""

import re
from collections.abc import Callable, Mapping

from channels.base import BuildError, Outcome, OutcomeKind

LEVELS = ("passive", "active", "time-sensitive", "critical")
PRIORITIES = ("min", "low", "default", "high", "max")
VISIBILITIES = ("private", "public", "secret")
MAX_TTL = 2_419_200  # seconds: four weeks
# Firebase's own names of the data: refused by it, or taken out by its library on the phone.
# https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages (read 2026-11)
RESERVED_DATA = re.compile(r"from|message_type|collapse_key|(google|gcm)\..*", re.DOTALL)
# What else of the data would be written over: https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification
TAKEN_DATA = {"aps": "Apple", "delivery_id": "The platform"}
COLOR = re.compile(r"#[0-9a-fA-F]{6}")
WORDS = {"1": "true", "true": "true", "yes": "true", "0": "false", "false": "false", "no": "false"}


def _text(text: str) -> str:
    if len(text) > 256:
        raise ValueError("is longer than 256 characters")
    return text


def _switch(text: str) -> str:
    if text.lower() not in WORDS:
        raise ValueError("is neither true nor false")
    return WORDS[text.lower()]


def _score(text: str) -> str:
    if not re.fullmatch(r"0(\.\d{1,9})?|1(\.0{1,9})?", text):
        raise ValueError("is not a number from 0 to 1")
    return text


def _color(text: str) -> str:
    if not COLOR.fullmatch(text):
        raise ValueError("is not written like #1a2b3c")
    return text.lower()


def _seconds(text: str) -> str:
    if not (text.isascii() and text.isdecimal() and len(text) < 8 and int(text) <= MAX_TTL):
        raise ValueError(f"is not a number of seconds, {MAX_TTL} at most")
    return text


def _one_of(*options: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        word = text.lower().replace("_", "-")
        if word not in options:
            raise ValueError(f"is not one of {', '.join(options)}")
        return word

    return read


Options = Mapping[str, Callable[[str], str]]
IOS: Options = {
    "thread_id": _text,
    "category": _text,
    "interruption_level": _one_of(*LEVELS),
    "relevance_score": _score,
    "target_content_id": _text,
    "mutable": _switch,
}
ANDROID: Options = {
    "channel_id": _text,
    "icon": _text,
    "color": _color,
    "tag": _text,
    "click_action": _text,
    "ticker": _text,
    "sticky": _switch,
    "visibility": _one_of(*VISIBILITIES),
    "notification_priority": _one_of(*PRIORITIES),
    "ttl": _seconds,
}
KNOWN: Mapping[str, Options] = {"ios_": IOS, "android_": ANDROID}
PREFIXES = tuple(KNOWN)
NAMES = tuple(prefix + name for prefix, options in KNOWN.items() for name in options)


def keeper_of(name: str) -> str:
    """Who keeps that name of a push's data for itself; "" for nobody."""
    return "Firebase" if RESERVED_DATA.fullmatch(name) else TAKEN_DATA.get(name, "")


def read(parts: Mapping[str, str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The options of iOS and of Android, by name; empty ones are left out. Raises BuildError."""
    found: dict[str, dict[str, str]] = {prefix: {} for prefix in PREFIXES}
    for part in parts:
        if not part.startswith(PREFIXES):
            continue
        prefix, _, name = part.partition("_")
        reader = KNOWN[prefix + "_"].get(name)
        if reader is None:
            raise _bad(f"There is no push option {part[:64]!r}")
        if value := " ".join(parts[part].split()):
            found[prefix + "_"][name] = _read(part, value, reader)
    return found["ios_"], found["android_"]


def _read(part: str, text: str, reader: Callable[[str], str]) -> str:
    try:
        return reader(text)
    except ValueError as error:
        raise _bad(f"The push option {part} {error}") from None


def _bad(reason: str) -> BuildError:
    return BuildError(Outcome(OutcomeKind.REJECTED, reason, "bad_part"))
