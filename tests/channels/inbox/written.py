"""Messages for the tests of the inbox."""

from datetime import timedelta
from uuid import UUID

from channels.base import InboxWrite
from notifyproj.core import clock
from notifyproj.core.ids import uuid7


def new_id() -> UUID:
    return uuid7(clock.milliseconds(clock.now()))


def a_write(
    recipient_id: int = 1,
    title: str = "Order confirmed",
    *,
    delivery_id: UUID | None = None,
    body: str = "It is on its way.",
    link: str = "https://shop.example/orders/1",
    data: dict[str, str] | None = None,
    service_id: int | None = None,
) -> InboxWrite:
    return InboxWrite(
        delivery_id=delivery_id or new_id(),
        recipient_id=recipient_id,
        title=title,
        body=body,
        link=link,
        data=data or {},
        expires_at=clock.now() + timedelta(days=1),
        service_id=service_id,
    )
