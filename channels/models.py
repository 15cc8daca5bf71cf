"""Apps and provider accounts: through what we reach people."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from channels.base import Channel

CHANNELS = [(channel.value, channel.value.replace("_", " ")) for channel in Channel]


class App(models.Model):
    """A push application: a Firebase project, an APNs team + topic + environment, a VAPID key.

    A push contact point belongs to one, and only its accounts may send to it.
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    channel = models.CharField(max_length=16, choices=CHANNELS)
    platform = models.CharField(
        max_length=16, blank=True, help_text="ios, android, web; used when devices register."
    )

    class Meta:
        db_table = "app"

    def __str__(self) -> str:
        return self.slug


class ProviderAccount(models.Model):
    """Credentials at one provider, encrypted by the key ring; see `accounts/routes.py`."""

    slug = models.SlugField(unique=True)
    channel = models.CharField(max_length=16, choices=CHANNELS)
    kind = models.CharField(
        "provider", max_length=32, help_text="The adapter: apns, fcm, smtp, twilio …"
    )
    app = models.ForeignKey(App, models.PROTECT, null=True, blank=True, related_name="accounts")
    endpoint = models.CharField(
        max_length=500, blank=True, help_text="Replaces the provider's base URL."
    )
    ca_certificate = models.TextField(
        "CA certificate", blank=True, help_text="PEM of a private CA to trust."
    )
    credentials = models.BinaryField(editable=False, default=bytes)
    settings = models.JSONField(default=dict, blank=True)
    serves = ArrayField(
        models.CharField(max_length=64),
        default=list,
        blank=True,
        help_text="Countries of numbers (AT, US) or domains of mailboxes; empty: all.",
        verbose_name="countries or domains",
    )
    weight = models.PositiveIntegerField(default=100)
    costs = models.JSONField(
        "cost per message",
        default=dict,
        blank=True,
        help_text='A message, or a part of an SMS, by country: {"": 0.0075, "AT": 0.09}.',
    )
    rate_per_second = models.PositiveIntegerField(
        "rate limit per second", default=0, help_text="0: no limit."
    )
    daily_cap = models.PositiveIntegerField(
        default=0, help_text="Attempts per day (UTC). 0: no cap."
    )
    enabled = models.BooleanField(default=True)
    held_reason = models.CharField(max_length=200, blank=True, editable=False)
    held_at = models.DateTimeField(null=True, editable=False)
    held_by = models.CharField(
        max_length=150,
        blank=True,
        editable=False,
        help_text="Who suspended it; empty: the platform.",
    )
    probe_at = models.DateTimeField(
        null=True, editable=False, help_text="When a suspended account is next sent a probe."
    )
    breaker = models.CharField(max_length=12, default="closed", editable=False)
    breaker_until = models.DateTimeField(null=True, editable=False)
    breaker_trips = models.PositiveIntegerField(default=0, editable=False)
    breaker_forced = models.CharField(
        max_length=8, blank=True, editable=False, help_text="Set manually: open or closed."
    )
    rate_now = models.FloatField(
        null=True, editable=False, help_text="What the provider takes; null: the configured rate."
    )
    latency_ms = models.FloatField(null=True, editable=False, help_text="Of the last minute.")
    success_share = models.FloatField(null=True, editable=False, help_text="Of the last minute.")
    failures = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Attempts since sends mostly fail."
    )
    failing_since = models.DateTimeField(null=True, editable=False)
    resumed_at = models.DateTimeField(null=True, editable=False)
    retry_now = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="What waits for it is to be due at once.",
    )

    class Meta:
        db_table = "provider_account"
        indexes = [models.Index(fields=["channel", "app"])]

    def __str__(self) -> str:
        return self.slug


class AccountHealthDelta(models.Model):
    """What one flush of a worker saw of an account; `periodic` folds these into the breaker."""

    account = models.ForeignKey(ProviderAccount, models.CASCADE, db_constraint=False)
    at = models.DateTimeField(db_index=True)
    ok = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    throttled = models.PositiveIntegerField(default=0)
    dead = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Of ok: the address was refused."
    )
    busy_ms = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text="Waited for the answers."
    )
    cost_micros = models.PositiveBigIntegerField(default=0, db_default=0)
    folded = models.BooleanField(
        default=False, db_default=False, help_text="Counted into its day; kept for a minute."
    )

    class Meta:
        db_table = "account_health_delta"

    def __str__(self) -> str:
        return f"{self.account_id}: {self.ok} ok, {self.failed} failed"


class AccountDay(models.Model):
    """What an account did on one UTC day: for its cap, its costs and its report."""

    account = models.ForeignKey(ProviderAccount, models.CASCADE, db_constraint=False)
    day = models.DateField()
    ok = models.PositiveBigIntegerField(default=0, db_default=0)
    failed = models.PositiveBigIntegerField(default=0, db_default=0)
    throttled = models.PositiveBigIntegerField(default=0, db_default=0)
    dead = models.PositiveBigIntegerField(default=0, db_default=0)
    cost_micros = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "account_day"
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="account_day_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}: {self.ok} ok"
