"""The life of a campaign, and of one run of it."""

from django.db import models


class CampaignState(models.TextChoices):
    DRAFT = "draft"
    SCHEDULED = "scheduled"  # `next_at` says when its next run begins
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class RunState(models.TextChoices):
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


OPEN_RUNS = (RunState.RUNNING, RunState.PAUSED)
