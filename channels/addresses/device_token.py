"""Device tokens as apps hand them over, and in the one form.

APNs counts bytes, which some write in upper case, with spaces or in `<…>`; they are kept as lower
hex. Every other token (FCM's, Amazon's endpoints) means what it says, letter by letter.
"""

import re

from channels.addresses.invisible import without_invisible

MAX_TOKEN = 4096  # characters
HEX = re.compile(r"(?:[0-9a-fA-F]{2}){32,}")  # 32 bytes today; "do not assume a length" (Apple)
DESCRIBED = re.compile(r"<([0-9a-fA-F\s]+)>|((?:[0-9a-fA-F]{8}\s+)+[0-9a-fA-F]{8})")
TOKEN = re.compile(r"[A-Za-z0-9:._~/+=%@!$&*-]+")
# What programs print for a token they do not have.
NOTHING = frozenset(
    {"null", "nil", "none", "nan", "undefined", "unknown", "true", "false", "blacklisted"}
)

SHAPE = "Must be 1 to 4096 characters: letters, digits and signs, without spaces or quotes."
DESCRIPTION = (
    "This is the description of a token, not the token: send its bytes as hexadecimal digits."
)
MISSING = "This is what a program prints when it has no token."


class InvalidToken(ValueError):
    """The message says what is wrong, without the text itself."""


def device_token(text: str) -> str:
    """The one form, which is also what is sent. Raises InvalidToken."""
    if len(text) > 2 * MAX_TOKEN:
        raise InvalidToken(SHAPE)
    token = without_invisible(text)
    if described := DESCRIBED.fullmatch(token):
        token = "".join((described[1] or described[2]).split())
    if HEX.fullmatch(token):
        return token.lower()
    if token.startswith("{") or "bytes" in token.lower():
        raise InvalidToken(DESCRIPTION)
    if len(token) > MAX_TOKEN or not TOKEN.fullmatch(token):
        raise InvalidToken(SHAPE)
    if token.lower() in NOTHING:
        raise InvalidToken(MISSING)
    return token
