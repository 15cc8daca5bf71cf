"""Who may call the API: services and their keys."""

import hashlib
import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Scope(models.TextChoices):
    SEND = "send", "Send notifications"
    READ = "read", "Read notifications"
    RECIPIENTS = "recipients", "Write recipients"
    ENDPOINTS = "endpoints", "Write status endpoints"
    CAMPAIGNS = "campaigns", "Segments and campaigns"
    ADMIN = "admin", "Everything"


class Service(models.Model):
    """A service of the company. Idempotency keys and limits are its, not its API key's."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    rate_per_second = models.PositiveIntegerField(
        null=True, blank=True, help_text="Requests a second; empty for the platform's default."
    )
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "service"

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """One key of a service; only its SHA-256 is kept (a key has 256 random bits)."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=200, blank=True)
    hash = models.BinaryField(max_length=32, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False, help_text="How the key ends.")
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope.choices), default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "api_key"

    def __str__(self) -> str:
        return f"{self.service.slug} …{self.hint}"

    @staticmethod
    def digest(secret: str) -> bytes:
        return hashlib.sha256(secret.encode()).digest()

    @staticmethod
    def new_secret() -> str:
        return f"nk_{secrets.token_urlsafe(32)}"


class Alert(models.Model):
    """Something the person on call should know; one row a cause, however often it happens."""

    key = models.CharField(max_length=200, unique=True, help_text="The cause: account-held:7")
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)
    told_at = models.DateTimeField(null=True, help_text="When somebody was last told.")
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alert"

    def __str__(self) -> str:
        return self.title
