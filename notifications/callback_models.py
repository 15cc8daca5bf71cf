"""What callbacks leave behind: themselves until they are folded, and what has to be remembered of
them for a while."""

from django.db import models

from channels.models import CHANNELS


class InboundCallback(models.Model):
    """A provider's verified callback as it came, until it is folded; kept when nobody knows it."""

    account_id = models.BigIntegerField()
    received_at = models.DateTimeField()
    url = models.TextField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField(help_text="Sealed under the key ring: it names people.")
    due_at = models.DateTimeField(null=True, help_text="When to fold it; null: it cannot be.")
    tries = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "inbound_callback"
        verbose_name = "unprocessed webhook"
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="inbound_callback_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.received_at}"


class Withdrawal(models.TextChoices):
    """What a person took back, as a provider says; see `record/withdrawn.py`."""

    NONE = "", "Nothing: the address is dead, or unwanted"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed at the provider"
    STOP = "stop", "Wrote a keyword"
    REFUSED = "refused", "A send was refused, as the person had opted out"


class DeadCandidate(models.Model):
    """An address that a provider calls dead, or whose owner it says complained or unsubscribed.
    Given up some seconds later by `dead_addresses`, unless they are too many at once: then it is
    our key or setting that is wrong, and they are spared."""

    account_id = models.BigIntegerField()
    contact_point_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=16, choices=CHANNELS)
    address_hash = models.BinaryField(max_length=32, null=True)
    reason = models.CharField(max_length=200)
    suppress = models.BooleanField(help_text="The address of whoever has it, not this device.")
    told_later = models.BooleanField(help_text="By a callback, not by the answer to a send.")
    source = models.CharField(max_length=32, default="provider", db_default="provider")
    withdrawal = models.CharField(
        max_length=16, choices=Withdrawal.choices, default=Withdrawal.NONE, db_default=""
    )
    recipient_id = models.BigIntegerField(null=True, help_text="Who took it back, if known.")
    evidence = models.JSONField(default=dict, db_default={})
    former = models.BinaryField(
        default=b"", db_default=b"", help_text="Hashes the address may be stored under, joined."
    )
    dead_since = models.DateTimeField(help_text="Registered anew after this, it is alive.")
    at = models.DateTimeField()
    spared_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dead_candidate"
        verbose_name = "inactive address"
        verbose_name_plural = "inactive addresses"
        indexes = [
            models.Index(
                fields=["account_id"],
                condition=models.Q(spared_at__isnull=True),
                name="dead_candidate_open",
            ),
            models.Index(fields=["account_id", "spared_at"], name="dead_candidate_spared"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.channel}: {self.reason}"


class ReceiptTally(models.Model):
    """What a batch of callbacks said of an account's messages; `dead_addresses` forgets it soon."""

    account_id = models.BigIntegerField()
    at = models.DateTimeField()
    receipts = models.PositiveIntegerField(help_text="Delivered or bounced.")
    dead = models.PositiveIntegerField(help_text="Of these: bounced for good.")
    complained = models.PositiveIntegerField(default=0, db_default=0)
    withdrawn = models.PositiveIntegerField(
        default=0, db_default=0, help_text="People who unsubscribed by way of the provider."
    )

    class Meta:
        db_table = "receipt_tally"

    def __str__(self) -> str:
        return f"{self.account_id}: {self.dead} of {self.receipts} dead"


class CallbackNonce(models.Model):
    """A value that a provider uses in one callback only, so that nobody can use it in another."""

    pk = models.CompositePrimaryKey("account_id", "hash")
    account_id = models.BigIntegerField()
    hash = models.BinaryField(max_length=16)
    callback_id = models.BigIntegerField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "callback_nonce"

    def __str__(self) -> str:
        return f"{self.account_id} {self.callback_id}"
