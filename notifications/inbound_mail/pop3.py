"""A mailbox by POP3 (RFC 1939), which knows no flags: what was read is deleted, ours or not."""

import poplib
import ssl
from collections.abc import Sequence
from contextlib import suppress

from notifications.inbound_mail.mailbox import MOST_AT_ONCE, SECONDS, Place
from notifications.inbound_mail.received import KEPT

MOST_WHOLE = 4 * KEPT  # bytes of a mail that is read as a whole
MOST_LINES = 16 * 1024 * 1024  # bytes of one of which the first lines are read; else its headers
LINES = 1_000
# Of one line. Mail has longer ones than the library expects, and no line is longer than its mail.
poplib._MAXLINE = MOST_LINES  # type: ignore[attr-defined]  # no public way


class Pop3:
    def __init__(self, place: Place, tls: ssl.SSLContext) -> None:
        """Raises poplib.error_proto, OSError."""
        self._pop: poplib.POP3
        if place.security == "tls":
            self._pop = poplib.POP3_SSL(place.host, place.port, timeout=SECONDS, context=tls)
        else:
            self._pop = poplib.POP3(place.host, place.port, timeout=SECONDS)
        try:
            if place.security == "starttls":
                self._pop.stls(tls)
            self._pop.user(place.user)
            self._pop.pass_(place.password)
        except BaseException:
            self._pop.close()
            raise
        self._sizes: dict[str, int] = {}

    def ids(self) -> Sequence[str]:
        listed = [line.decode("ascii", "replace").split() for line in self._pop.list()[1]]
        sizes = {parts[0]: int(parts[1]) for parts in listed if len(parts) > 1}
        self._sizes = dict(list(sizes.items())[:MOST_AT_ONCE])
        return list(self._sizes)

    def read(self, id_: str) -> bytes:
        size, number = self._sizes[id_], int(id_)
        if size <= MOST_WHOLE:
            found = self._pop.retr(number)
        else:
            found = self._pop.top(number, LINES if size <= MOST_LINES else 0)
        return b"\r\n".join(found[1])[:KEPT]

    def done(self, ours: Sequence[str], others: Sequence[str]) -> None:
        """Takes effect when the connection is closed in order; else all comes again."""
        for id_ in (*ours, *others):
            self._pop.dele(int(id_))

    def close(self) -> None:
        with suppress(poplib.error_proto, OSError):
            self._pop.quit()
