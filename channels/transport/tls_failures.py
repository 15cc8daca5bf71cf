"""Why no TLS connection came about: a stable code, and words that are safe to show to anybody.

The client's own words are those of rustls, whose errors name the host.
https://docs.rs/rustls/latest/rustls/enum.Error.html (read 2026-11)
"""

import re
from collections.abc import Iterable

REASONS: list[tuple[re.Pattern[str], str, str]] = [
    (re.compile(words), code, reason)
    for words, code, reason in (
        (
            r"invalid peer certificate: UnknownIssuer",
            "tls_unknown_ca",
            "The server's certificate is of a CA that nobody here knows",
        ),
        (
            r"invalid peer certificate: .*[Ee]xpired",
            "tls_expired",
            "The server's certificate has expired",
        ),
        (
            r"invalid peer certificate: .*([Nn]ot valid yet|NotValidYet)",
            "tls_not_yet_valid",
            "The server's certificate is not valid yet",
        ),
        (
            r"invalid peer certificate: .*([Nn]ot valid for name|NotValidForName)",
            "tls_wrong_name",
            "The server's certificate is for another name",
        ),
        (
            r"invalid peer certificate",
            "tls_certificate",
            "The server's certificate cannot be trusted",
        ),
        (
            r"fatal alert: ProtocolVersion|peer is incompatible",
            "tls_too_old",
            "The server speaks no TLS that is still safe (1.2 or newer)",
        ),
        (
            r"received (fatal alert|corrupt message)|peer misbehaved",
            "tls_failed",
            "No TLS connection to the server could be made",
        ),
    )
]


def named(causes: Iterable[str]) -> tuple[str, str] | None:
    """(code, reason) of the first cause that is one of TLS."""
    for cause in causes:
        for words, code, reason in REASONS:
            if words.search(cause):
                return code, reason
    return None
