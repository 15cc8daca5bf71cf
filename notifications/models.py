"""The log: what was asked (Notification), for whom by what (Delivery), each attempt (Attempt).

The three are range-partitioned by UUIDv7 and made by SQL in the migrations; no foreign keys lead
into or out of them (15 µs a row, and they lock what they point to).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from channels.base import Lane, OutcomeKind
from channels.models import CHANNELS
from notifications.callback_models import CallbackNonce as CallbackNonce
from notifications.callback_models import DeadCandidate as DeadCandidate
from notifications.callback_models import InboundCallback as InboundCallback
from notifications.callback_models import ReceiptTally as ReceiptTally
from notifications.statuses import NotificationState, ProviderOutcome, State

LANES = [(lane.value, lane.name.lower()) for lane in Lane]


class Notification(models.Model):
    """One accepted request."""

    id = models.UUIDField(primary_key=True)
    service_id = models.BigIntegerField()
    type_id = models.BigIntegerField()
    template_version_id = models.BigIntegerField()
    lane = models.SmallIntegerField(choices=LANES)
    state = models.SmallIntegerField(choices=NotificationState.choices)
    channels = ArrayField(models.CharField(max_length=16, choices=CHANNELS))
    recipient_ids = ArrayField(models.BigIntegerField(), help_text="The audience, if listed.")
    unknown_recipients = ArrayField(models.CharField(max_length=200), default=list)
    everyone = models.BooleanField(default=False, help_text="The audience is every recipient.")
    variables = models.BinaryField(help_text="Encrypted JSON; see services.variables.")
    collapse_key = models.CharField(max_length=200, default="")
    content_hash = models.BinaryField(
        max_length=16, default=b"", editable=False, help_text="Keyed: what a duplicate shares."
    )
    metadata = models.JSONField(default=dict)
    attachment_ids = ArrayField(models.UUIDField(), default=list)
    scheduled_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    cursor = models.BigIntegerField(default=0, help_text="How far the audience is resolved.")
    due_at = models.DateTimeField(null=True, help_text="When to go on resolving.")
    dispatch_no = models.IntegerField(default=0)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notification"

    def __str__(self) -> str:
        return str(self.id)


class Delivery(models.Model):
    """One message to one contact point, or why there was none. Holds no address and no text."""

    id = models.UUIDField(primary_key=True)
    notification_id = models.UUIDField()
    recipient_id = models.BigIntegerField(null=True, help_text="Null: nobody of that name.")
    unknown_recipient = models.CharField(max_length=200, null=True)
    contact_point_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=16, choices=CHANNELS)
    app_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField(null=True, help_text="Of the last attempt.")
    type_id = models.BigIntegerField()
    template_version_id = models.BigIntegerField()
    lane = models.SmallIntegerField(choices=LANES)
    state = models.SmallIntegerField(choices=State.choices)
    outcome = models.SmallIntegerField(choices=ProviderOutcome.choices, default=0)
    reason = models.CharField(max_length=64, default="", help_text="A code of reasons.py.")
    attempts = models.SmallIntegerField(default=0, help_text="Tries that count.")
    claims = models.SmallIntegerField(default=0, help_text="Times a worker took it.")
    crashes = models.SmallIntegerField(default=0, help_text="Leases lost in a row.")
    dispatch_no = models.IntegerField(default=0)
    lease_id = models.BigIntegerField(null=True)
    due_at = models.DateTimeField(null=True)
    held_by = models.CharField(max_length=64, null=True, help_text="Why due_at is infinity.")
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    fallback_of = models.UUIDField(null=True)
    trace = models.CharField(max_length=120, default="", help_text="Why, in short: see traces.py.")
    arm_id = models.BigIntegerField(null=True, help_text="Of the campaign's run; null: of none.")
    ready_at = models.DateTimeField(null=True, help_text="When it could first go.")

    class Meta:
        db_table = "delivery"
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return str(self.id)


class Attempt(models.Model):
    """One attempt, append-only. `number` is the claim it was made under, so a gap is a crash."""

    pk = models.CompositePrimaryKey("delivery_id", "number")
    delivery_id = models.UUIDField()
    number = models.SmallIntegerField()
    account_id = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    duration_ms = models.IntegerField()
    outcome = models.SmallIntegerField(choices=[(k.value, k.name.lower()) for k in OutcomeKind])
    code = models.CharField(max_length=64, default="")
    reason = models.CharField(max_length=200, default="", help_text="Safe to show to anybody.")
    provider_id = models.CharField(max_length=200, default="")
    response_status = models.SmallIntegerField(null=True)
    response_excerpt = models.CharField(max_length=500, default="", help_text="For operators.")
    units = models.SmallIntegerField(default=1, help_text="Parts of an SMS; else 1.")
    cost_micros = models.BigIntegerField(default=0, help_text="Estimated, in millionths.")
    latency_ms = models.IntegerField(
        null=True, help_text="From ready_at to the answer, if it was taken."
    )

    class Meta:
        db_table = "attempt"

    def __str__(self) -> str:
        return f"{self.delivery_id} #{self.number}"


class Event(models.Model):
    """What became of a delivery later: a provider's word, an open, a click. Kept once by `key`.

    `delivery_id` of one that names no delivery of ours is made of the day it came.
    """

    pk = models.CompositePrimaryKey("delivery_id", "key")
    delivery_id = models.UUIDField()
    key = models.BinaryField(max_length=16, help_text="Hash of account and dedupe key.")
    account_id = models.BigIntegerField(null=True, help_text="Null: our own links.")
    attempt = models.SmallIntegerField(null=True)
    kind = models.CharField(max_length=16, help_text="An EventKind.")
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    machine = models.BooleanField(default=False, help_text="A scanner or a proxy did it.")
    code = models.CharField(max_length=64, default="")
    reason = models.CharField(max_length=200, default="", help_text="Safe to show to anybody.")
    provider_id = models.CharField(max_length=200, default="")
    detail = models.CharField(max_length=500, default="", help_text="The link that was clicked.")

    class Meta:
        db_table = "event"

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.kind}"


class Attachment(models.Model):
    """A file that messages refer to; sealed under the key ring, and gone at `expires_at`."""

    id = models.UUIDField(primary_key=True)
    service_id = models.BigIntegerField()
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="Bytes.")
    content = models.BinaryField(editable=False)
    recipient_id = models.BigIntegerField(
        null=True, editable=False, help_text="The only person it goes to; 0: several."
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "attachment"

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """The first answer to a request, replayed for 24 hours. Of the service, not its API key."""

    pk = models.CompositePrimaryKey("service_id", "key")
    service_id = models.BigIntegerField()
    key = models.CharField(max_length=200)
    request_hash = models.BinaryField(max_length=32)
    response = models.JSONField(null=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "idempotency_key"

    def __str__(self) -> str:
        return self.key


class CounterDelta(models.Model):
    """An increment, inserted with the change it counts; `periodic` folds them into Counter.

    `measure` is one of `counters/cells.py`. Never updated: shared rows would serialise workers.
    """

    hour = models.DateTimeField(help_text="Of the delivery's creation.")
    arm_id = models.BigIntegerField(default=0, db_default=0)
    type_id = models.BigIntegerField()
    channel = models.CharField(max_length=16)
    account_id = models.BigIntegerField(default=0, db_default=0)
    measure = models.SmallIntegerField()
    reason = models.CharField(max_length=40, default="", db_default="")
    n = models.BigIntegerField()

    class Meta:
        db_table = "counter_delta"

    def __str__(self) -> str:
        return f"{self.channel} {self.measure}: {self.n:+d}"


class Counter(models.Model):
    hour = models.DateTimeField()
    arm_id = models.BigIntegerField(default=0, db_default=0)
    type_id = models.BigIntegerField()
    channel = models.CharField(max_length=16)
    account_id = models.BigIntegerField(default=0, db_default=0)
    measure = models.SmallIntegerField()
    reason = models.CharField(max_length=40, default="", db_default="")
    n = models.BigIntegerField()

    class Meta:
        db_table = "counter"
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "arm_id", "type_id", "channel", "account_id", "measure", "reason"],
                name="counter_cell",
            )
        ]
        indexes = [
            models.Index(fields=["arm_id"], name="counter_arm", condition=models.Q(arm_id__gt=0))
        ]

    def __str__(self) -> str:
        return f"{self.hour:%d %b %H:00} {self.channel} {self.measure}: {self.n}"
