"""A campaign, its variants, and what a run of it keeps: no row for any person of its audience."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from channels.models import CHANNELS
from notifications.campaigns.choices import PASTS, REPEATS, STAGES, STARTS
from notifications.campaigns.moment_models import Moment as Moment
from notifications.campaigns.schedule import IfPast, Starts
from notifications.campaigns.states import CampaignState, RunState
from notifications.segments.models import Segment
from notifyproj.core.models import Service
from preferences.models import NotificationType
from templates.models import TemplateVersion

USER = "auth.User"
PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


def _percent(default: str, help_text: str) -> "models.DecimalField[Decimal, Decimal]":
    return models.DecimalField(
        max_digits=6,
        decimal_places=3,
        default=Decimal(default),
        validators=PERCENT,
        help_text=help_text,
    )


class Campaign(models.Model):
    """What is to be said, to whom, when, and when it is to be stopped."""

    class Priority(models.TextChoices):
        HIGH = "high", "High: before everything else"
        NORMAL = "normal", "Normal"
        LOW = "low", "Low: after more urgent messages"

    class Metric(models.TextChoices):
        NONE = "", "No winner: every variant keeps its share"
        CLICKED = "clicked", "Most clicks"
        OPENED = "opened", "Most opens"
        DELIVERED = "delivered", "Most delivered"

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    service = models.ForeignKey(
        Service,
        models.PROTECT,
        related_name="+",
        help_text="Gets the status events of the messages.",
    )
    type = models.ForeignKey(
        NotificationType,
        models.PROTECT,
        related_name="+",
        help_text="Determines consent, frequency caps and quiet hours.",
    )
    segment = models.ForeignKey(
        Segment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: everyone.",
    )
    channels = ArrayField(
        models.CharField(max_length=16, choices=CHANNELS),
        default=list,
        blank=True,
        help_text="Empty: the channels of the type.",
    )
    priority = models.CharField(max_length=8, choices=Priority.choices, default=Priority.LOW)
    variables = models.JSONField(
        default=dict, blank=True, help_text="The same for everyone; personal values are person.…"
    )

    starts = models.CharField(max_length=8, choices=STARTS, default=Starts.NOW.value)
    on = models.DateField(null=True, blank=True, help_text="The date.")
    at = models.TimeField(null=True, blank=True, help_text="The time.")
    zone = models.CharField(
        max_length=64, default="UTC", blank=True, help_text="Time zone of a specific time."
    )
    if_past = models.CharField(
        max_length=8,
        choices=PASTS,
        default=IfPast.NEXT_DAY.value,
        db_default=IfPast.NEXT_DAY.value,
        help_text="For recipients whose time has passed at the start.",
    )
    repeat = models.CharField(max_length=8, choices=REPEATS, default="", blank=True)
    repeat_until = models.DateField(null=True, blank=True)
    next_on = models.DateField(null=True, editable=False, help_text="The date of the next run.")
    next_at = models.DateTimeField(null=True, editable=False)
    runs_begun = models.PositiveIntegerField(default=0, editable=False)

    per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="People per minute; empty: as fast as possible."
    )
    finish_hours = models.DecimalField(
        null=True,
        blank=True,
        max_digits=6,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.05"))],
        help_text="Instead of a rate: spread evenly over this many hours.",
    )
    ttl_seconds = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(60), MaxValueValidator(604_800)],
        help_text="How long a message may wait; empty: as set by the type.",
    )
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="Nothing is sent after this."
    )

    hold_out_percent = _percent("0", "Control group: this share gets nothing.")
    test_percent = _percent(
        "0", "Test group: this share gets the variants; the rest gets the winner."
    )
    winner_by = models.CharField(
        max_length=16, choices=Metric.choices, default=Metric.NONE, blank=True
    )
    test_minutes = models.PositiveIntegerField(default=240, help_text="Then the winner is chosen.")

    canary_percent = _percent("1", "Canary: this share gets it first. 0: no canary.")
    canary_people = models.PositiveIntegerField(
        null=True, blank=True, help_text="A number of people instead of a share."
    )
    canary_minutes = models.PositiveIntegerField(default=10, help_text="Minutes before the rest.")
    most_failed = _percent("20", "Auto-pause when more fail.")
    most_bounced = _percent("5", "Auto-pause when more bounce.")
    most_complained = _percent("0.3", "Auto-pause on more spam complaints.")
    most_unsubscribed = _percent("2", "Auto-pause on more unsubscribes.")
    brake_after = models.PositiveIntegerField(
        default=100, help_text="Minimum sample: messages before auto-pause."
    )

    state = models.CharField(
        max_length=16, choices=CampaignState.choices, default=CampaignState.DRAFT, editable=False
    )
    owner = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+", editable=False)
    edited_by = models.ForeignKey(
        USER, models.SET_NULL, null=True, related_name="+", editable=False
    )  # who approves it is somebody else
    approved_by = models.ForeignKey(
        USER, models.SET_NULL, null=True, related_name="+", editable=False
    )
    approved_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "campaign"
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(state=CampaignState.SCHEDULED), name="campaign_due"
            )
        ]
        permissions = [
            ("launch_campaign", "Can launch campaigns"),
            ("approve_campaign", "Can approve campaigns of others"),
        ]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """One way of saying it. A campaign has one at least."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="variants")
    name = models.CharField(max_length=40, default="A")
    version = models.ForeignKey(
        TemplateVersion,
        models.PROTECT,
        related_name="+",
        limit_choices_to={"published_at__isnull": False},
    )
    weight = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])

    class Meta:
        db_table = "campaign_variant"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "name"], name="campaign_variant_name")
        ]

    def __str__(self) -> str:
        return self.name


class Run(models.Model):
    """One launch. The seed says who is of which share; `stage` how far the gates are open."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=RunState.choices, default=RunState.RUNNING)
    stage = models.SmallIntegerField(choices=STAGES)
    seed = models.BigIntegerField()
    lane = models.SmallIntegerField()
    rules = models.JSONField(null=True, help_text="The segment's, as they were when it began.")
    audience = models.BigIntegerField(default=0, help_text="About so many, counted at the launch.")
    skipped_zones = ArrayField(
        models.CharField(max_length=64), null=True, help_text="Their hour had passed."
    )
    skipped = models.BigIntegerField(
        default=0, db_default=0, help_text="About so many people of the audience, in those zones."
    )
    began_at = models.DateTimeField()
    gate_at = models.DateTimeField(null=True, help_text="When the next stage may begin.")
    per_minute = models.PositiveIntegerField(null=True)
    paced_since = models.DateTimeField()
    paced_visited = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)
    winner = models.ForeignKey(Variant, models.PROTECT, null=True, related_name="+")
    stopped_by = models.CharField(max_length=200, default="", help_text="Who paused or ended it.")
    stopped_because = models.CharField(max_length=300, default="")
    brake_from = models.JSONField(
        default=dict, help_text="Numbers when it was resumed: auto-pause counts from these."
    )
    leftovers = models.BooleanField(default=False, help_text="Rows are still to be cancelled.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "campaign_run"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="campaign_run_number")
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state__in=[RunState.RUNNING, RunState.PAUSED]),
                name="campaign_run_open",
            ),
            models.Index(fields=["id"], condition=Q(leftovers=True), name="campaign_run_leftovers"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} #{self.number}"


class Arm(models.Model):
    """A variant in a run: the parent of its deliveries is one notification, so that their ids,
    made of it, cannot be there twice."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="arms")
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+")
    notification_id = models.UUIDField(unique=True)
    content_hash = models.BinaryField(max_length=16, default=b"", editable=False)
    low = models.IntegerField(help_text="Its share of a divided stage, as places.")
    high = models.IntegerField()

    class Meta:
        db_table = "campaign_arm"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.run} {self.variant}"


class Slice(models.Model):
    """A part of the audience that is walked by id: of a stage, and of a zone where the hour is
    each person's own. The cursor moves in the transaction that writes the deliveries."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="slices")
    stage = models.SmallIntegerField(choices=STAGES)
    zone = models.CharField(max_length=64, null=True, help_text="Null: of every zone.")
    moved = models.BooleanField(
        default=False, help_text="Only those who changed since the run began."
    )
    low = models.IntegerField()
    high = models.IntegerField()
    starts_at = models.DateTimeField()
    cursor = models.BigIntegerField(default=0)
    visited = models.BigIntegerField(default=0, help_text="People, also those who get nothing.")
    deferred = models.BigIntegerField(default=0, help_text="Deliveries that wait for an hour.")
    due_at = models.DateTimeField(null=True, help_text="When to go on; null: behind a gate, done.")
    dispatch_no = models.IntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, default="", help_text="Why it does not get on.")

    class Meta:
        db_table = "campaign_slice"
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="campaign_slice_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run} {self.get_stage_display()} {self.zone or ''}"
