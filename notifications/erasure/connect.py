"""The steps of an erasure, in their order."""

from notifications.erasure import log, texts
from notifications.erasure.run import erase_now
from notifyproj.core import erasures


def connect() -> None:
    erasures.register(
        [
            ("listed", log.listed),
            ("broadcasts", log.broadcasts),
            ("unknown", log.unknown),
            ("dead_addresses", texts.dead_addresses),
            ("unread_callbacks", texts.unread_callbacks),
            ("evidence", texts.evidence),
            *texts.steps(),
        ]
    )
    erasures.on_begun(erase_now)
