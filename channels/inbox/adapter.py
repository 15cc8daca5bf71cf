"""The in-app inbox: a row of ours, so storing it is delivering it."""

from datetime import datetime
from uuid import UUID

from channels.base import (
    Account,
    BuildError,
    Channel,
    Event,
    Field,
    InboundRequest,
    InboxWrite,
    Outcome,
    OutcomeKind,
)
from channels.messages import InboxMessage

CHANNEL = Channel.INBOX
FIELDS: tuple[Field, ...] = ()


def build(message: InboxMessage, account: Account, now: datetime) -> InboxWrite:
    """The address of an inbox is its recipient's id."""
    address = message.envelope.address
    if not (address.isascii() and address.isdecimal()):
        outcome = Outcome(OutcomeKind.REJECTED, "The inbox address is not valid", "bad_address")
        raise BuildError(outcome)
    return InboxWrite(
        delivery_id=UUID(message.envelope.delivery_id),
        recipient_id=int(address),
        title=message.title,
        body=message.body,
        link=message.link,
        data=message.data,
        expires_at=message.envelope.expires_at,
        service_id=message.envelope.service_id,
    )


def classify(response: object) -> Outcome:
    """There is no response: a stored message counts as delivered."""
    return Outcome(OutcomeKind.DELIVERED)


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    """Nobody calls back."""
    return False


def parse_events(request: InboundRequest) -> list[Event]:
    return []
