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
PREFIXED = re.compile(rf"0[xX]({HEX.pattern})")
# What programs print for a token they do not have; the long ones are errors of Firebase's library.
NOTHING = frozenset(
    {"null", "nil", "none", "nan", "undefined", "unknown", "true", "false", "blacklisted"}
    | {"error", "simulator", "unavailable", "0", "-1", "timeout", "internal_server_error"}
    | {"missing_instanceid_service", "service_not_available", "authentication_failed"}
    | {"fis_auth_error", "too_many_registrations", "invalid_sender", "phone_registration_error"}
)

SHAPE = "Must be 1 to 4096 characters: letters, digits and signs, without spaces or quotes."
DESCRIPTION = (
    "This is the description of a token: send the bytes of the token as hexadecimal digits."
)
MISSING = "This is not a token, but the text a program prints for a missing one."


class InvalidToken(ValueError):
    """The message says what is wrong, without the text itself."""


def device_token(text: str) -> str:
    """The one form, which is also what is sent. Raises InvalidToken."""
    if len(text) > 2 * MAX_TOKEN:
        raise InvalidToken(SHAPE)
    token = without_invisible(text)
    if described := DESCRIBED.fullmatch(token):
        token = "".join((described[1] or described[2]).split())
        if not HEX.fullmatch(token):
            raise InvalidToken(DESCRIPTION)
    if prefixed := PREFIXED.fullmatch(token):
        token = prefixed[1]
    if HEX.fullmatch(token):
        return token.lower()
    if token.startswith("{") or "bytes" in token.lower():
        raise InvalidToken(DESCRIPTION)
    if len(token) > MAX_TOKEN or not TOKEN.fullmatch(token):
        raise InvalidToken(SHAPE)
    if token.lower() in NOTHING:
        raise InvalidToken(MISSING)
    return token
