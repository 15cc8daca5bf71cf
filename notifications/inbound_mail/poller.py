"""The process that empties our mailbox: `python -m notifications.inbound_mail.poller`.

A mail is deleted only after what it says is stored: whoever is killed in between reads it again,
and it counts once.
"""

import imaplib
import logging
import os
import poplib
import signal
import ssl
import sys
import threading
from collections.abc import Callable, Sequence

import django
from django.conf import settings
from django.db import Error, connection

from notifications.callbacks.receive import store
from notifications.inbound_mail.imap import Imap
from notifications.inbound_mail.mailbox import BATCH, Mailbox, Place, place, rows_of
from notifications.inbound_mail.pop3 import Pop3
from notifyproj.core.clock import now as clock_now

AWAY = (OSError, EOFError, imaplib.IMAP4.error, poplib.error_proto)
LONGEST_PAUSE = 300.0  # seconds between two looks at one that is away
ALARMING = 5  # looks in a row that failed
ALERT = "mailbox-away"

log = logging.getLogger(__name__)


def opened(where: Place) -> Mailbox:
    """Raises one of AWAY."""
    tls = ssl.create_default_context()
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.BOUNCE_MAILBOX_CA:
        tls.load_verify_locations(settings.BOUNCE_MAILBOX_CA)
    return Imap(where, tls) if where.protocol == "imap" else Pop3(where, tls)


def look(where: Place, is_told: Callable[[], bool] = lambda: False) -> int:
    """Stores what is there and ours, and returns how much that was. Raises one of AWAY, and
    django.db.Error."""
    mailbox = opened(where)
    try:
        n, ids = 0, mailbox.ids()
        for at in range(0, len(ids), BATCH):
            n += _take(mailbox, ids[at : at + BATCH])
            if is_told():
                break
        return n
    finally:
        mailbox.close()


def _take(mailbox: Mailbox, ids: Sequence[str]) -> int:
    now = clock_now()
    found = {id_: rows_of(mailbox.read(id_), now) for id_ in ids}
    rows = [row for of_it in found.values() for row in of_it]
    if rows:
        store.insert(rows)
    ours = [id_ for id_, of_it in found.items() if of_it]
    mailbox.done(ours, [id_ for id_ in ids if not found[id_]])
    return len(rows)


class Poller:
    """Looks again and again; one that is away is asked less and less often."""

    def __init__(self, where: Place, seconds: float) -> None:
        self._where, self._seconds = where, seconds
        self._failed = 0
        self._is_away: bool | None = None
        self.stop = threading.Event()

    def run(self) -> None:
        while not self.stop.is_set():
            self.stop.wait(self.once())

    def once(self) -> float:
        """Seconds until the next look."""
        try:
            n = look(self._where, self.stop.is_set)
        except Error as error:
            log.error("mail was not stored", extra={"error": type(error).__name__})
            connection.close_if_unusable_or_obsolete()
        except AWAY as error:
            problem = {"mailbox": repr(self._where), "error": type(error).__name__}
            log.error("the mailbox cannot be read", extra=problem)
        else:
            if n:
                log.info("mail was taken", extra={"mails": n})
            self._tell(0)
            return self._seconds
        self._tell(self._failed + 1)
        return min(self._seconds * float(2**self._failed), LONGEST_PAUSE)

    def _tell(self, failed: int) -> None:
        """Once it is away for long, and when it is back; at the start it may be known as away."""
        from notifyproj.core.alerts.alerts import (  # models: after the set-up
            alert_raise,
            alert_resolve,
        )

        self._failed = min(failed, ALARMING)
        is_away = self._failed == ALARMING or bool(self._failed and self._is_away)
        try:
            if is_away and not self._is_away:
                detail = f"{self._where!r} was not read {ALARMING} times in a row; see the log."
                alert_raise(key=ALERT, title="The bounce mailbox is not available", detail=detail)
            elif self._is_away is not False and not self._failed:
                alert_resolve(key=ALERT)
            self._is_away = is_away
        except Error:
            connection.close_if_unusable_or_obsolete()


def main() -> None:
    django.setup()
    try:
        where = place(settings.BOUNCE_MAILBOX)
    except ValueError as error:
        sys.exit(f"BOUNCE_MAILBOX {error}")
    if not settings.BOUNCE_ADDRESS:
        sys.exit("BOUNCE_ADDRESS must be set as well: no address of ours is signed without it")
    poller = Poller(where, max(1, settings.BOUNCE_MAILBOX_SECONDS))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: poller.stop.set())
    poller.run()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "notifyproj.settings")
    main()
