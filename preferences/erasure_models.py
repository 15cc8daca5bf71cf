"""Erasures that go on: the person is gone at once, what the log says of them batch by batch."""

from django.db import models


class Erasure(models.Model):
    """How far one erasure is. What texts are searched for is sealed, and forgotten when the texts
    are done; the ids of contact points stay until the last late event may have come."""

    recipient_id = models.BigIntegerField(primary_key=True)
    begun_at = models.DateTimeField()
    sealed = models.BinaryField(
        default=bytes, editable=False, help_text="Id, addresses and hashes, under the key ring."
    )
    points = models.JSONField(default=list, help_text="[[channel, contact point]]")
    turn = models.PositiveSmallIntegerField(default=0, help_text="Of several: see erasure/run.py.")
    step = models.CharField(max_length=40, default="")
    cursor = models.CharField(max_length=64, default="")
    due_at = models.DateTimeField(null=True, db_index=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "erasure"

    def __str__(self) -> str:
        return f"{self.recipient_id}, turn {self.turn}"
