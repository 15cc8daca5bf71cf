"""A cap and what was taken of it, as a code to keep and in a sentence to read. Pure.

`am5/d:2` is the second of five a day of all marketing; `!` says that it was used up.
"""

import re

SCOPES = {"t": "of this type", "c": "of this category", "a": "of all messages"}
CLASSES = {"transactional": "x", "service": "s", "marketing": "m"}
CLASS_OF = {letter: name for name, letter in CLASSES.items()}
PERIODS = {"h": "an hour", "d": "a day", "w": "a week"}
USED_UP = "!"
CODE = re.compile(r"([tca])([xsm]?)(\d+)/([hdw]):(\d+|!)")


def cap_code(scope: str, legal_class: str, most: int, per: str, n: str) -> str:
    """`scope`: a letter of SCOPES; `n`: which of them this is, or USED_UP."""
    return f"{scope}{CLASSES.get(legal_class, '')}{most}/{per[:1]}:{n}"


def cap_sentence(code: str) -> str | None:
    """None: this is no code of a cap."""
    if (found := CODE.fullmatch(code)) is None:
        return None
    scope, letter, most, per, n = found.groups()
    limit = f"At most {most} {PERIODS[per]} {_what(scope, letter)}"
    return f"{limit}: the cap was reached." if n == USED_UP else f"{limit}: this was number {n}."


def _what(scope: str, letter: str) -> str:
    if not letter:
        return SCOPES[scope]
    if scope == "a":
        return f"of all {CLASS_OF[letter]} messages"
    return f"{SCOPES[scope]}, if it is {CLASS_OF[letter]}"
