"""Bounces and complaints as mail servers write them, at one of our signed addresses."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from channels.addresses.signed import Bounce, Feedback, Signer, Unsubscribe
from channels.base import Event, InboundRequest
from channels.email.smtp import adapter as smtp

FIXTURES = Path(__file__).parents[2] / "fixtures" / "bounces"
NOW = datetime(2026, 11, 28, 10, tzinfo=UTC)
DELIVERY = UUID("019ab3f0-0000-7000-8000-000000000001")
OTHER = UUID("019ab3f0-0000-7000-8000-000000000002")
SIGNER = Signer("bounces.shop.example", b"key")
DAY = (NOW - datetime(1970, 1, 1, tzinfo=UTC)).days
BOUNCE = SIGNER.address(Bounce(DELIVERY, 7, 2, DAY))
FEEDBACK = SIGNER.address(Feedback(7))
UNSUBSCRIBE = SIGNER.address(Unsubscribe(DELIVERY, 3, 4))


def written(name: str, to: str = BOUNCE, delivery: UUID = DELIVERY) -> bytes:
    text = (FIXTURES / f"{name}.eml").read_text("utf-8")
    values = {"to": to, "delivery": str(delivery), "bounce": BOUNCE, "unsubscribe": UNSUBSCRIBE}
    for key, value in values.items():
        text = text.replace("{" + key + "}", value)
    return text.replace("\n", "\r\n").encode()


def read(raw: bytes, to: str = BOUNCE, sender: str = "") -> list[Event]:
    return smtp.parse_events(InboundRequest("POST", f"mailto:{to}", {"return-path": sender}, raw))
