"""Who can be reached, where, and what they agreed to."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from channels.models import CHANNELS, App, ProviderAccount
from preferences.consent_models import BounceStrike as BounceStrike
from preferences.consent_models import ConsentEvent as ConsentEvent
from preferences.consent_models import Erasure as Erasure
from preferences.consent_models import Suppression as Suppression
from preferences.quiet_models import QuietHours as QuietHours

BY_LANGUAGE = 'In other languages: {"de": "…", "pt-BR": "…"}.'


class Recipient(models.Model):
    """A person our customer knows by `external_id`."""

    external_id = models.CharField(max_length=200, unique=True)
    locale = models.CharField(max_length=35, blank=True, help_text="BCP 47: de-AT")
    timezone = models.CharField(max_length=64, default="UTC", help_text="IANA: Europe/Vienna")
    attributes = models.JSONField(default=dict, blank=True)
    data_key = models.BinaryField(
        null=True, editable=False, help_text="Wrapped by the key ring; null after an erasure."
    )
    erased_at = models.DateTimeField(null=True, editable=False)
    paused_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then only mandatory messages are sent."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "recipient"
        indexes = [
            models.Index(fields=["timezone", "id"], name="recipient_zone"),
            models.Index(
                fields=["id"], condition=Q(paused_until__isnull=False), name="recipient_paused"
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class ContactPoint(models.Model):
    """One address of a person: a device token, an e-mail address, a number, a URL."""

    recipient = models.ForeignKey(Recipient, models.CASCADE, related_name="contact_points")
    channel = models.CharField(max_length=16, choices=CHANNELS)
    kind = models.CharField(
        max_length=16, blank=True, help_text="What the address is, where a channel has several: fid"
    )
    app = models.ForeignKey(App, models.PROTECT, null=True, blank=True, db_index=False)
    address = models.BinaryField(editable=False, help_text="Encrypted under the recipient's key.")
    address_hash = models.BinaryField(max_length=32, editable=False)
    hash_version = models.PositiveSmallIntegerField(default=1, editable=False)
    hint = models.CharField(max_length=64, help_text="The address, masked.")
    area = models.CharField(
        max_length=64,
        blank=True,
        db_default="",
        help_text="Country of a number, domain of a mailbox.",
    )
    platform = models.CharField(max_length=16, blank=True)
    app_version = models.CharField(max_length=32, blank=True)
    active = models.BooleanField(default=True)
    inactive_reason = models.CharField(max_length=200, blank=True)
    registered_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        db_table = "contact_point"
        constraints = [
            models.UniqueConstraint(
                fields=["app", "address_hash"],
                condition=Q(app__isnull=False),
                name="contact_point_app_token",
            ),
            models.UniqueConstraint(
                fields=["recipient", "channel", "address_hash"],
                condition=Q(app__isnull=True),
                name="contact_point_recipient_address",
            ),
        ]
        indexes = [models.Index(fields=["address_hash"], name="contact_point_hash")]

    def __str__(self) -> str:
        return f"{self.channel} {self.hint}"


class Category(models.Model):
    """Types that people see and choose together: offers, orders, security."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    names = models.JSONField(default=dict, blank=True, help_text=BY_LANGUAGE)
    description = models.TextField(blank=True, help_text="Shown on the preference page.")
    descriptions = models.JSONField(default=dict, blank=True, help_text=BY_LANGUAGE)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "category"
        ordering = ["position", "name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class NotificationType(models.Model):
    """A type of notification: determines consent, urgency and frequency caps."""

    class Priority(models.TextChoices):
        HIGH = "high"
        NORMAL = "normal"
        LOW = "low"

    class Routing(models.TextChoices):
        RELIABLE = "reliable", "Most reliable account"
        FASTEST = "fastest", "Fastest account"
        CHEAPEST = "cheapest", "Cheapest account"
        FIXED = "fixed", "One account only"

    class LegalClass(models.TextChoices):
        TRANSACTIONAL = "transactional", "Transactional: part of what was ordered"
        SERVICE = "service", "Service: about what the person uses"
        MARKETING = "marketing", "Marketing: needs consent and an unsubscribe link"

    class OverCap(models.TextChoices):
        DROP = "drop", "Skip it"
        DEFER = "defer", "Send it when the cap allows"
        DIGEST = "digest", "Add it to the next digest"

    class OnUncertain(models.TextChoices):
        RESEND = "resend", "Send once more"
        WAIT = "wait", "Wait for a receipt, where the provider sends them"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    names = models.JSONField(default=dict, blank=True, help_text=BY_LANGUAGE)
    description = models.TextField(blank=True, help_text="Shown on the preference page.")
    descriptions = models.JSONField(default=dict, blank=True, help_text=BY_LANGUAGE)
    channels = ArrayField(
        models.CharField(max_length=16, choices=CHANNELS),
        help_text="Used unless a request names its own channels.",
    )
    opt_in_channels = ArrayField(
        models.CharField(max_length=16, choices=CHANNELS),
        default=list,
        blank=True,
        help_text="Channels that need the person's opt-in.",
    )
    max_priority = models.CharField(max_length=8, choices=Priority.choices, default=Priority.NORMAL)
    category = models.ForeignKey(
        Category, models.SET_NULL, null=True, blank=True, related_name="types"
    )
    legal_class = models.CharField(
        max_length=16, choices=LegalClass.choices, default=LegalClass.SERVICE
    )
    mandatory = models.BooleanField(
        default=False, help_text="Security and legal messages: sent whatever the person chose."
    )
    passes_quiet_hours = models.BooleanField(default=False)
    send_from = models.TimeField(
        null=True, blank=True, help_text="Sent only between these times, in the person's time zone."
    )
    send_until = models.TimeField(null=True, blank=True)
    duplicate_seconds = models.PositiveIntegerField(
        default=0, help_text="The same message within this many seconds is not sent again."
    )
    over_cap = models.CharField(
        max_length=8, choices=OverCap.choices, default=OverCap.DROP, help_text="Over a cap."
    )
    digest = models.JSONField(
        default=dict,
        blank=True,
        help_text='Collected: {"by": "order_id", "count": 20, "seconds": 3600, "at": "18:00"};'
        " closed by whichever comes first. Empty: sent one by one.",
    )
    on_uncertain = models.CharField(
        max_length=8,
        choices=OnUncertain.choices,
        default=OnUncertain.RESEND,
        help_text="When a provider did not respond. Push, web push, webhooks, Slack, SMTP and"
        " Amazon SNS send no receipts, so what goes there is sent once more.",
    )
    retry_late_failures = models.BooleanField(
        default=False,
        db_default=False,
        help_text="When a provider accepted an SMS and later reports a temporary failure (the phone"
        " was off): retry as often and as long as after other failures. Not for sensitive types,"
        " whose variables are deleted by then.",
    )
    routing = models.CharField(
        max_length=8,
        choices=Routing.choices,
        default=Routing.RELIABLE,
        help_text="Which eligible account sends it. High priority: always the most reliable.",
    )
    fixed_account = models.ForeignKey(
        ProviderAccount, models.PROTECT, null=True, blank=True, related_name="+"
    )
    fallbacks = models.JSONField(
        default=list,
        blank=True,
        help_text='[{"from": "push", "to": "sms", "unless": "accepted", "after": 10}]: also by SMS'
        " unless the push is accepted (or delivered) within this many seconds.",
    )
    track_opens = models.BooleanField(default=False)
    track_clicks = models.BooleanField(default=False)
    sensitive = models.BooleanField(
        default=False, help_text="Variables are deleted after the delivery (login codes)."
    )
    ttl_seconds = models.PositiveIntegerField(default=86_400, help_text="At most 7 days.")
    template = models.CharField(
        max_length=120, blank=True, help_text="Used when a request names no template_id."
    )
    enabled = models.BooleanField(default=True)

    class Meta:
        db_table = "notification_type"

    def __str__(self) -> str:
        return self.slug


class Cap(models.Model):
    """At most so many to a person over all channels: of a type, of a category, or of everything
    that is not mandatory."""

    class Per(models.TextChoices):
        HOUR = "hour"
        DAY = "day"
        WEEK = "week"

    type = models.ForeignKey(
        NotificationType, models.CASCADE, null=True, blank=True, related_name="caps"
    )
    category = models.ForeignKey(
        Category, models.CASCADE, null=True, blank=True, related_name="caps"
    )
    legal_class = models.CharField(
        max_length=16,
        choices=NotificationType.LegalClass.choices,
        blank=True,
        help_text="Counts and limits only types of this class. Empty: everything not mandatory.",
    )
    most = models.PositiveIntegerField("limit")
    per = models.CharField(max_length=8, choices=Per.choices, default=Per.DAY)

    class Meta:
        db_table = "cap"
        verbose_name = "frequency cap"
        constraints = [
            models.CheckConstraint(
                condition=Q(type__isnull=True) | Q(category__isnull=True), name="cap_of_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.most} {'an' if self.per == self.Per.HOUR else 'a'} {self.per}"


class Preference(models.Model):
    """A choice of a person about a type, a category, or all; channel empty: every channel."""

    recipient = models.ForeignKey(Recipient, models.CASCADE, related_name="preferences")
    type = models.ForeignKey(NotificationType, models.CASCADE, null=True, blank=True)
    category = models.ForeignKey(Category, models.CASCADE, null=True, blank=True)
    channel = models.CharField(max_length=16, choices=CHANNELS, blank=True)
    enabled = models.BooleanField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "preference"
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "type", "category", "channel"],
                nulls_distinct=False,
                name="preference_one_choice",
            ),
            models.CheckConstraint(
                condition=Q(type__isnull=True) | Q(category__isnull=True),
                name="preference_of_one",
            ),
        ]

    def __str__(self) -> str:
        verdict = "yes" if self.enabled else "no"
        about, by = self.type or self.category or "all", self.channel or "any channel"
        return f"{about} by {by}: {verdict}"
