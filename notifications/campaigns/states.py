"""The life of a campaign, and of one run of it."""

from django.db import models


class CampaignState(models.TextChoices):
    DRAFT = "draft"
    SCHEDULED = "scheduled"  # `next_at` says when its next run begins
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


MOVES: dict[str, frozenset[str]] = {
    CampaignState.DRAFT: frozenset({CampaignState.SCHEDULED, CampaignState.RUNNING}),
    CampaignState.SCHEDULED: frozenset(
        {CampaignState.DRAFT, CampaignState.RUNNING, CampaignState.CANCELLED}
    ),
    CampaignState.RUNNING: frozenset(
        {
            CampaignState.PAUSED,
            CampaignState.SCHEDULED,  # one that recurs, between two runs
            CampaignState.FINISHED,
            CampaignState.CANCELLED,
        }
    ),
    CampaignState.PAUSED: frozenset({CampaignState.RUNNING, CampaignState.CANCELLED}),
    CampaignState.FINISHED: frozenset(),
    CampaignState.CANCELLED: frozenset(),
}


class RunState(models.TextChoices):
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


OPEN_RUNS = (RunState.RUNNING, RunState.PAUSED)
