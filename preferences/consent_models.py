"""Addresses nothing is sent to, and the record of who agreed to what; known as `models`, too."""

from django.db import models

from channels.models import CHANNELS
from preferences.erasure_models import Erasure as Erasure


class Suppression(models.Model):
    """An address nothing is sent to. Keyed by hash, so that it outlives an erasure."""

    channel = models.CharField(max_length=16, choices=CHANNELS)
    address_hash = models.BinaryField(max_length=32, editable=False)
    hash_version = models.PositiveSmallIntegerField(default=1, db_default=1, editable=False)
    superseded_by = models.BinaryField(
        max_length=32, null=True, editable=False, help_text="The same address's present hash."
    )
    reason = models.CharField(max_length=200)
    source = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "suppression"
        constraints = [
            models.UniqueConstraint(fields=["channel", "address_hash"], name="suppression_address")
        ]
        indexes = [
            models.Index(
                fields=["superseded_by"],
                condition=models.Q(superseded_by__isnull=False),
                name="suppression_superseded",
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.reason}"


class BounceStrike(models.Model):
    """A day on which a mailbox bounced for now; after some of them it is suppressed."""

    pk = models.CompositePrimaryKey("channel", "address_hash", "day")
    channel = models.CharField(max_length=16, choices=CHANNELS)
    address_hash = models.BinaryField(max_length=32)
    day = models.DateField()

    class Meta:
        db_table = "bounce_strike"

    def __str__(self) -> str:
        return f"{self.channel} {self.day}"


class ConsentEvent(models.Model):
    """Who agreed to what or took it back, when and how. Append-only: a trigger refuses changes."""

    class Action(models.TextChoices):
        GRANTED = "granted"
        WITHDRAWN = "withdrawn"
        CLEARED = "cleared"  # nothing is said any more: what holds by default holds again
        CHANGED = "changed"  # hours, a pause: the evidence has their value

    class About(models.TextChoices):
        CHOICE = "choice", "A choice of the person"
        ADDRESS = "address", "An address, whoever has it"
        QUIET_HOURS = "quiet_hours", "Quiet hours"
        PAUSE = "pause", "A pause of everything"

    recipient = models.ForeignKey(
        "preferences.Recipient", models.CASCADE, null=True, related_name="consent_events"
    )
    about = models.CharField(
        max_length=16, choices=About.choices, default=About.CHOICE, db_default=About.CHOICE
    )
    channel = models.CharField(max_length=16, choices=CHANNELS, blank=True)
    type = models.ForeignKey(
        "preferences.NotificationType",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
    )
    category = models.ForeignKey(
        "preferences.Category",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
    )
    address_hash = models.BinaryField(max_length=32, null=True, editable=False)
    action = models.CharField(max_length=16, choices=Action.choices)
    source = models.CharField(max_length=32, help_text="sms_keyword, one_click, provider, api …")
    at = models.DateTimeField()
    evidence = models.JSONField(default=dict, help_text="Keyword, sender, provider's id …")
    ip_hash = models.BinaryField(max_length=32, null=True, editable=False)
    wording = models.CharField(max_length=64, blank=True, help_text="Version of the text shown.")

    class Meta:
        db_table = "consent_event"
        indexes = [models.Index(fields=["recipient", "at"], name="consent_event_of")]

    def __str__(self) -> str:
        return f"{self.channel or 'everything'} {self.action} by {self.source}"
