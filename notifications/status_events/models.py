"""Status events: what became of a service's deliveries, told to its own endpoints."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from notifications.status_events.event_types import Name
from notifyproj.core.models import Service

NAMES = [(name.value, name.value) for name in Name]


def alert_key(endpoint_id: int) -> str:
    """The name of the alert that an endpoint was suspended."""
    return f"status-endpoint:{endpoint_id}"


class StatusEndpoint(models.Model):
    """A URL of a service, and what it wants to hear."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="status_endpoints")
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, blank=True)
    events = ArrayField(
        models.CharField(max_length=32, choices=NAMES), default=list, help_text="Empty: all."
    )
    types = ArrayField(
        models.CharField(max_length=50),
        default=list,
        blank=True,
        help_text="Slugs of notification types; empty: all.",
    )
    owner_email = models.EmailField(blank=True, help_text="Told when events stop going out.")
    enabled = models.BooleanField(default=True)
    secrets = models.BinaryField(default=bytes, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="In a row.")
    failing_since = models.DateTimeField(null=True, editable=False)
    rest_until = models.DateTimeField(null=True, editable=False, help_text="Nothing goes before.")
    suspended_at = models.DateTimeField(null=True, editable=False)
    full_since = models.DateTimeField(
        null=True, editable=False, help_text="Too many wait: new ones are not kept."
    )
    reason = models.CharField(
        max_length=200, blank=True, editable=False, help_text="Why nothing goes out any more."
    )
    tell_owner = models.BooleanField(default=False, editable=False)

    class Meta:
        db_table = "status_endpoint"
        verbose_name = "webhook"

    def __str__(self) -> str:
        return f"{self.service_id}: {self.description or self.pk}"


class StatusEvent(models.Model):
    """One event for one endpoint. Its id is the `webhook-id`; every attempt sends its `body`."""

    class State(models.IntegerChoices):
        WAITING = 10, "waiting"
        SENT = 30, "sent"
        FAILED = 40, "failed"

    id = models.UUIDField(primary_key=True)
    endpoint = models.ForeignKey(
        StatusEndpoint, models.DO_NOTHING, db_constraint=False, db_index=False
    )
    event = models.CharField(max_length=32)
    delivery_id = models.UUIDField(null=True)
    body = models.TextField()
    state = models.SmallIntegerField(choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField(null=True, help_text="The next attempt, or the end of a lease.")
    lease_id = models.BigIntegerField(null=True)
    attempts = models.SmallIntegerField(default=0, help_text="Of its schedule.")
    tries = models.SmallIntegerField(default=0, help_text="In all, with those of replays.")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "status_event"
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        indexes = [
            models.Index(
                fields=["endpoint", "due_at"],
                condition=Q(due_at__isnull=False),
                name="status_event_due",
            ),
            models.Index(fields=["endpoint", "-id"], name="status_event_log"),
            models.Index(
                fields=["delivery_id"],
                condition=Q(delivery_id__isnull=False),
                name="status_event_delivery",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.id}"


class StatusAttempt(models.Model):
    """One attempt, append-only."""

    pk = models.CompositePrimaryKey("event_id", "number")
    event_id = models.UUIDField()
    number = models.SmallIntegerField()
    started_at = models.DateTimeField()
    duration_ms = models.IntegerField()
    status = models.SmallIntegerField(null=True, help_text="Null: no answer.")
    reason = models.CharField(max_length=200, default="")
    excerpt = models.CharField(max_length=300, default="", help_text="Of the answer.")

    class Meta:
        db_table = "status_attempt"

    def __str__(self) -> str:
        return f"{self.event_id} #{self.number}"
