"""What the simulators received, and the faults they were told to have."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from channels.sandbox.kit.faults import KINDS


class Received(models.Model):
    """One request a simulator got, and what it answered."""

    account = models.CharField(max_length=64)
    provider = models.CharField(max_length=32)
    received_at = models.DateTimeField(default=timezone.now)
    delivery_id = models.CharField(max_length=64, blank=True)
    recipient = models.CharField(max_length=500, blank=True)
    accepted = models.BooleanField(help_text="The provider has the message.")
    fault = models.CharField(max_length=16, blank=True, help_text="The fault it was given.")
    message = models.JSONField(default=dict, help_text="As a person would see it.")
    raw = models.TextField(blank=True, help_text="The request, without its secrets.")
    checks = models.JSONField(default=list, help_text="[{name, passed, detail, advice}]")
    answer = models.PositiveSmallIntegerField(help_text="Status or reply code; 0: none was given.")
    reply = models.TextField(blank=True, help_text="The answer's body.")

    class Meta:
        db_table = "sandbox_received"

    def __str__(self) -> str:
        return f"{self.provider} {self.received_at:%H:%M:%S}"


class Fault(models.Model):
    """How an account's simulator misbehaves, for a share of its requests."""

    account = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=list(KINDS.items()))
    share = models.FloatField(default=1.0, help_text="0 to 1, of the account's requests.")
    seconds = models.FloatField(default=5.0, help_text="Of Retry-After, or of slowness.")
    status = models.PositiveSmallIntegerField(default=503, help_text="Of `error`: 500 or 503.")

    class Meta:
        db_table = "sandbox_fault"
        ordering = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "kind"], name="sandbox_fault_once"),
            models.CheckConstraint(
                condition=models.Q(share__gt=0, share__lte=1), name="sandbox_fault_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.kind} {self.share:.0%}"
