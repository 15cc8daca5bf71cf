"""What services can subscribe to. Names are part of our API: they never change, new ones come."""

from enum import StrEnum

from channels.base import EventKind
from notifications.statuses import ProviderOutcome, State


class Name(StrEnum):
    SENT = "delivery.sent"
    DELIVERED = "delivery.delivered"
    FAILED = "delivery.failed"
    SKIPPED = "delivery.skipped"
    EXPIRED = "delivery.expired"
    CANCELLED = "delivery.cancelled"
    UNCERTAIN = "delivery.uncertain"
    BOUNCED = "delivery.bounced"
    OPENED = "delivery.opened"
    CLICKED = "delivery.clicked"
    COMPLAINED = "delivery.complained"
    UNSUBSCRIBED = "delivery.unsubscribed"


TEST = "endpoint.test"  # goes to the endpoint that asked for it, subscribed or not

OF_STATE: dict[State, Name] = {
    State.SENT: Name.SENT,
    State.FAILED: Name.FAILED,
    State.SKIPPED: Name.SKIPPED,
    State.EXPIRED: Name.EXPIRED,
    State.CANCELLED: Name.CANCELLED,
    State.UNCERTAIN: Name.UNCERTAIN,
}

# What a provider, or one of our own links, says later.
OF_KIND: dict[EventKind, Name] = {
    EventKind.DELIVERED: Name.DELIVERED,
    EventKind.OPENED: Name.OPENED,
    EventKind.CLICKED: Name.CLICKED,
    EventKind.BOUNCED_SOFT: Name.BOUNCED,
    EventKind.BOUNCED_HARD: Name.BOUNCED,
    EventKind.SUPPRESSED: Name.BOUNCED,
    EventKind.FAILED: Name.FAILED,
    EventKind.COMPLAINED: Name.COMPLAINED,
    EventKind.UNSUBSCRIBED: Name.UNSUBSCRIBED,
}


def of_settling(state: State, outcome: ProviderOutcome) -> list[Name]:
    """What a delivery that settles says: one that the person has at once was sent, too."""
    names = [OF_STATE[state]]
    if state == State.SENT and outcome == ProviderOutcome.DELIVERED:
        names.append(Name.DELIVERED)
    return names
