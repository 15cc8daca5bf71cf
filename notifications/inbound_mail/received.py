"""A mail that came to one of our signed addresses, as a callback to be stored."""

from datetime import datetime
from urllib.parse import quote

from channels.addresses.signed import Signed, Unsubscribe
from notifications.callbacks.receive.store import NOBODY, Inbound

KEPT = 256 * 1024  # bytes: a report comes before the message that it is about
SCHEME = "mailto:"


def received(to: Signed, address: str, sender: str, raw: bytes, now: datetime) -> Inbound:
    """`sender`: of the envelope, "" for a bounce."""
    account_id = NOBODY if isinstance(to, Unsubscribe) else to.account_id
    written = sender.strip("<> ") if sender.isprintable() else ""
    headers = {"return-path": written.encode("utf-8", "replace").decode()[:320]}
    url = SCHEME + quote(address[:320], safe="@+=-_.")
    return Inbound(
        account_id=account_id, received_at=now, url=url, headers=headers, body=raw[:KEPT]
    )
