"""Who may call the API: services and their keys."""

import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Scope(models.TextChoices):
    SEND = "send", "Send notifications"
    READ = "read", "Read notifications"
    RECIPIENTS = "recipients", "Write recipients"
    ENDPOINTS = "endpoints", "Write webhooks"
    CAMPAIGNS = "campaigns", "Segments and campaigns"
    TEMPLATES = "templates", "Write templates"
    ADMIN = "admin", "Everything"


class Service(models.Model):
    """A service of the company. Idempotency keys and limits are its, not its API key's."""

    TESTS = "admin-tests"  # slug of the one that sends what operators try out; it has no key

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    rate_per_second = models.PositiveIntegerField(
        null=True, blank=True, help_text="Requests per second; empty: the platform's default."
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
    told_at = models.DateTimeField(null=True, help_text="When somebody was last notified.")
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alert"

    def __str__(self) -> str:
        return self.title


class AuditEntry(models.Model):
    """Who did what to the configuration. Written by triggers, refused to be changed by another."""

    class Kind(models.TextChoices):
        USER = "user", "A person in the admin"
        KEY = "key", "A service, by its API key"
        PLATFORM = "platform", "The platform, or a command"

    class Action(models.TextChoices):
        ADDED = "added", "Added"
        CHANGED = "changed", "Changed"
        DELETED = "deleted", "Deleted"
        DID = "did", "Did"

    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=10, choices=Kind.choices)
    actor = models.CharField(max_length=200, help_text="A login, a service, or a process.")
    actor_id = models.BigIntegerField(null=True, help_text="Of the login or the API key.")
    ip_hash = models.BinaryField(max_length=32, null=True, editable=False)
    action = models.CharField(max_length=10, choices=Action.choices)
    model = models.CharField(max_length=100, help_text="app.model")
    object_id = models.CharField(max_length=200)
    label = models.CharField(max_length=200, help_text="What the object was called then.")
    changes = models.JSONField(default=dict, help_text="{column: [before, after]}")
    note = models.TextField(default="", help_text="In words, where an act says more than columns.")

    class Meta:
        db_table = "audit_entry"
        verbose_name_plural = "audit log"
        indexes = [
            models.Index(fields=["model", "object_id", "-id"], name="audit_of_object"),
            models.Index(fields=["actor", "-id"], name="audit_of_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.label or self.object_id}"
