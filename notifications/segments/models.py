"""Segments: groups of people by rules or by list, and what is kept so that rules can ask for it."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models


class Segment(models.Model):
    """A group of people, worked out anew whenever it is used."""

    class Kind(models.TextChoices):
        RULES = "rules", "Rules"
        UPLOAD = "upload", "An uploaded list"
        BOTH = "both", "Rules and an uploaded list"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    service = models.ForeignKey(
        "core.Service",
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="Owner; empty: shared.",
    )
    rules = models.JSONField(default=dict, help_text="See docs/segments.md.")
    kind = models.CharField(
        max_length=8, choices=Kind.choices, default=Kind.RULES, help_text="What the rules use."
    )
    created_by = models.ForeignKey(
        "auth.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    last_count = models.BigIntegerField(null=True, editable=False)
    last_count_exact = models.BooleanField(default=True, editable=False)
    counted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "segment"
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class SegmentMember(models.Model):
    """Somebody in the uploaded list of a segment."""

    pk = models.CompositePrimaryKey("segment_id", "recipient_id")
    segment_id = models.BigIntegerField()
    recipient_id = models.BigIntegerField(db_index=True)
    upload_id = models.BigIntegerField(help_text="The last upload that named them.")

    class Meta:
        db_table = "segment_member"

    def __str__(self) -> str:
        return f"{self.recipient_id} in {self.segment_id}"


class SegmentUpload(models.Model):
    """A list as it came in: how far it is, and what was wrong with it."""

    class Mode(models.TextChoices):
        ADD = "add", "Add to the list"
        REPLACE = "replace", "Replace the list"

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        BROKEN = "broken", "Interrupted"
        REFUSED = "refused", "Rejected"  # nothing of it was recognised
        UNDONE = "undone", "Undone"

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="uploads")
    mode = models.CharField(max_length=8, choices=Mode.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    by = models.CharField(max_length=200, help_text="A person of the admin, or a service.")
    file_name = models.CharField(max_length=200, blank=True)
    bytes_total = models.BigIntegerField(null=True, help_text="Null: not known beforehand.")
    bytes_read = models.BigIntegerField(default=0)
    received = models.BigIntegerField(default=0, help_text="Lines that were not blank.")
    added = models.BigIntegerField(default=0)
    already = models.BigIntegerField(default=0, help_text="Were in the list, or twice in the file.")
    unknown = models.BigIntegerField(default=0, help_text="Nobody has that id.")
    failed = models.BigIntegerField(default=0, help_text="Lines that hold no id.")
    removed = models.BigIntegerField(default=0, help_text="Were in the list and not in the file.")
    problem = models.TextField(
        default="", db_default="", help_text="Why nothing of it was recognised."
    )
    errors = models.JSONField(default=list, help_text="The first thousand, by line.")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When it last went on.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "segment_upload"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.file_name or 'list'} of {self.started_at:%d %b %Y %H:%M}"

    @property
    def wrong(self) -> int:
        """Lines that put nobody into the list."""
        return self.unknown + self.failed


class UploadChange(models.Model):
    """Somebody whom the last upload put into a list or took out of it: so it can be undone."""

    pk = models.CompositePrimaryKey("upload_id", "recipient_id")
    upload_id = models.BigIntegerField()
    recipient_id = models.BigIntegerField(db_index=True)
    added = models.BooleanField(help_text="False: taken out.")

    class Meta:
        db_table = "segment_upload_change"

    def __str__(self) -> str:
        return f"{self.recipient_id} {'in' if self.added else 'out'} by {self.upload_id}"


class Reaction(models.Model):
    """That somebody opened or clicked on a day, by type and arm: counted as the events come in."""

    class Kind(models.IntegerChoices):
        OPENED = 1, "opened"
        CLICKED = 2, "clicked"

    pk = models.CompositePrimaryKey("recipient_id", "kind", "day", "type_id", "arm_id")
    recipient_id = models.BigIntegerField()
    kind = models.SmallIntegerField(choices=Kind.choices)
    day = models.DateField()
    type_id = models.BigIntegerField()
    arm_id = models.BigIntegerField(default=0, help_text="Of a campaign; 0: of none.")
    n = models.IntegerField()

    class Meta:
        db_table = "recipient_reaction"
        indexes = [BrinIndex(fields=["day"], name="recipient_reaction_day", autosummarize=True)]

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.get_kind_display()} {self.day}"


class Received(models.Model):
    """When somebody was last sent something of a type and arm: read from the log afterwards."""

    pk = models.CompositePrimaryKey("recipient_id", "type_id", "arm_id")
    recipient_id = models.BigIntegerField()
    type_id = models.BigIntegerField()
    arm_id = models.BigIntegerField(default=0, help_text="Of a campaign; 0: of none.")
    last_on = models.DateField()

    class Meta:
        db_table = "recipient_received"
        indexes = [BrinIndex(fields=["last_on"], name="recipient_received_on", autosummarize=True)]

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.type_id} {self.last_on}"


class ReadDay(models.Model):
    """How far the log of a day has been read for `Received`."""

    day = models.DateField(primary_key=True)
    block = models.BigIntegerField(default=0, help_text="Of the partition: the next one to read.")
    started_at = models.DateTimeField(help_text="Of this reading.")
    since = models.DateTimeField(null=True, help_text="What settled before was read already.")
    changes = models.BigIntegerField(default=0, help_text="In the partition, at the start.")
    is_done = models.BooleanField(default=False)

    class Meta:
        db_table = "recipient_received_day"

    def __str__(self) -> str:
        return f"{self.day}: block {self.block}"
