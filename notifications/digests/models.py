"""What waits to go out as one message. As in the log, no foreign keys: they lock what they point
to, and each item is written in the transaction that resolves its notification."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from channels.models import CHANNELS


class Digest(models.Model):
    """What one person gets together: of a type, and of a key (an order, say) where the type has
    one. Only one of them is open at a time: the index says so, and the database holds it."""

    class State(models.IntegerChoices):
        OPEN = 10, "open"
        CLOSED = 30, "closed"

    service_id = models.BigIntegerField()
    recipient_id = models.BigIntegerField()
    type_id = models.BigIntegerField()
    key = models.CharField(max_length=64, blank=True, help_text="Keyed hash of the `by` variable.")
    state = models.SmallIntegerField(choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField(help_text="At the latest; earlier when it is full.")
    closed_at = models.DateTimeField(null=True)
    full_at = models.PositiveIntegerField(default=0, help_text="Closes with so many; 0: never.")
    count = models.IntegerField(default=0, help_text="Of its items, also of those not kept.")
    bytes = models.BigIntegerField(default=0, help_text="Of its items, sealed.")
    lane = models.SmallIntegerField(help_text="The most urgent of its items.")
    template_version_id = models.BigIntegerField(help_text="Of the last item.")
    notification_id = models.UUIDField(null=True, help_text="What was made of it, if anything.")

    class Meta:
        db_table = "digest"
        verbose_name = "pending digest"
        constraints = [
            models.UniqueConstraint(
                fields=["recipient_id", "type_id", "service_id", "key"],
                condition=Q(state=10),
                name="digest_one_open",
            )
        ]
        indexes = [
            models.Index(fields=["closes_at"], condition=Q(state=10), name="digest_due"),
            models.Index(fields=["closed_at"], condition=Q(state=30), name="digest_closed"),
        ]

    def __str__(self) -> str:
        return f"{self.count} of type {self.type_id}"


class DigestItem(models.Model):
    """One notification for one person. The row outlives its content, so that a chunk that is
    repeated late adds nothing to the next digest."""

    pk = models.CompositePrimaryKey("notification_id", "recipient_id")
    notification_id = models.UUIDField()
    recipient_id = models.BigIntegerField()
    digest_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()
    channels = ArrayField(models.CharField(max_length=16, choices=CHANNELS))
    variables = models.BinaryField(
        null=True, help_text="Under the person's key. Null: not kept, or gone out."
    )

    class Meta:
        db_table = "digest_item"

    def __str__(self) -> str:
        return f"{self.notification_id} in {self.digest_id}"
