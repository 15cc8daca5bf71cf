"""A mailbox by IMAP (RFC 9051, RFC 3501): what is ours is deleted, the rest marked as read."""

import imaplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from notifications.inbound_mail.mailbox import MOST_AT_ONCE, SECONDS, Place
from notifications.inbound_mail.received import KEPT


class Imap:
    def __init__(self, place: Place, tls: ssl.SSLContext) -> None:
        """Raises imaplib.IMAP4.error, OSError."""
        self._imap: imaplib.IMAP4
        if place.security == "tls":
            self._imap = imaplib.IMAP4_SSL(place.host, place.port, ssl_context=tls, timeout=SECONDS)
        else:
            self._imap = imaplib.IMAP4(place.host, place.port, timeout=SECONDS)
        try:
            if place.security == "starttls":
                self._imap.starttls(tls)
            self._imap.login(place.user, place.password)
            # Many servers say only to who is logged in what they can do.
            self._can = str(_ok(self._imap.capability())[-1], "ascii", "replace").upper().split()
            _ok(self._imap.select(_quoted(place.folder)))
        except BaseException:
            self._imap.shutdown()
            raise

    def ids(self) -> Sequence[str]:
        found = _ok(self._imap.uid("SEARCH", "UNSEEN", "UNDELETED"))
        return [id_.decode() for id_ in (found[0] or b"").split()[:MOST_AT_ONCE]]

    def read(self, id_: str) -> bytes:
        """Only the beginning crosses the network, and the mail stays unread."""
        answer = _ok(self._imap.uid("FETCH", id_, f"(BODY.PEEK[]<0.{KEPT}>)"))
        return next((bytes(part[1]) for part in answer if isinstance(part, tuple)), b"")

    def done(self, ours: Sequence[str], others: Sequence[str]) -> None:
        if others:
            _ok(self._imap.uid("STORE", ",".join(others), "+FLAGS.SILENT", r"(\Seen)"))
        if not ours:
            return
        each = ",".join(ours)
        _ok(self._imap.uid("STORE", each, "+FLAGS.SILENT", r"(\Seen \Deleted)"))
        if "UIDPLUS" in self._can:  # else whoever empties the mailbox does it
            _ok(self._imap.uid("EXPUNGE", each))

    def close(self) -> None:
        with suppress(imaplib.IMAP4.error, OSError):
            self._imap.logout()


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error("refused")
    return data


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
