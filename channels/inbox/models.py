"""The in-app notification centre: what a person sees behind the bell."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q


class InboxItem(models.Model):
    """One message; its id is the delivery's, so storing it twice stores it once.

    Sorted by arrival, not by id: a message that waited out somebody's quiet hours, or was
    scheduled a month ago, has an old id and is news all the same.
    """

    id = models.UUIDField(primary_key=True)
    recipient_id = models.BigIntegerField()
    service_id = models.BigIntegerField(null=True, help_text="Who sent it; null: shown to all.")
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    link = models.CharField(max_length=2000, blank=True)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "inbox_item"
        indexes = [
            models.Index(fields=["recipient_id", "-created_at", "-id"], name="inbox_recipient"),
            models.Index(
                fields=["recipient_id", "-created_at", "-id"],
                condition=Q(read_at__isnull=True, archived_at__isnull=True),
                include=["service_id"],  # so that others' are passed over without their rows
                name="inbox_unread_sent",
            ),
            # For the clean-up alone: rows arrive in this order, so a few bytes per 128 pages do.
            BrinIndex(fields=["created_at"], autosummarize=True, name="inbox_age"),
        ]

    def __str__(self) -> str:
        return self.title
