"""The states of a delivery and their groups; the provider's outcome by rank. The moves between
states are drawn in docs/design.md."""

from enum import StrEnum

from django.db import models


class State(models.IntegerChoices):
    """Ours, and fenced by the lease: what the platform has done with a delivery."""

    WAITING = 10, "waiting"  # due_at says when it goes on
    LEASED = 20, "sending"  # a worker has it until due_at
    AWAITING = 25, "awaiting receipt"  # left, no answer; due_at says how long we wait
    SENT = 30, "sent"
    FAILED = 40, "failed"
    SKIPPED = 50, "skipped"
    EXPIRED = 60, "expired"
    CANCELLED = 70, "cancelled"
    UNCERTAIN = 80, "uncertain"  # left, and nothing was ever heard


OPEN = frozenset({State.WAITING, State.LEASED, State.AWAITING})
FINAL = frozenset(State) - OPEN


class ProviderOutcome(models.IntegerChoices):
    """The provider's word, folded by rank: a higher one is never overwritten by a lower."""

    NONE = 0, ""
    SENT = 20, "sent"
    DEFERRED = 25, "deferred"
    DELIVERED = 40, "delivered"
    OPENED = 50, "opened"
    CLICKED = 60, "clicked"
    FAILED = 70, "failed"
    SUPPRESSED = 71, "suppressed"  # on a list of the provider's own: it did not send
    BOUNCED_SOFT = 72, "bounced for now"
    BOUNCED = 73, "bounced"  # after "delivered", too: some mailboxes find out late


class NotificationStatus(StrEnum):
    """`processing`: something may still be sent. `completed`: all deliveries are final."""

    SCHEDULED = "scheduled"
    ACCEPTED = "accepted"
    PAUSED = "paused"
    PROCESSING = "processing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class NotificationState(models.IntegerChoices):
    SCHEDULED = 5, "scheduled"  # not before scheduled_at
    ACCEPTED = 10, "accepted"  # recipients are still being resolved
    PAUSED = 15, "paused"  # its recipients are resolved when it goes on
    RESOLVED = 20, "resolved"  # every delivery row exists
    CANCELLED = 30, "cancelled"
    EXPIRED = 40, "expired"  # its time passed before it was resolved
