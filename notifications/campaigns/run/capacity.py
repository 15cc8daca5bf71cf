"""How much of a run may be under way: the queues' room, and rows that wait for a provider.

So an audience of millions is never in a queue, and rarely in the table: a wave is written when the
one before it has mostly gone.
"""

from collections.abc import Iterable, Sequence

from django.db import connection

from channels.base import Lane
from notifications.campaigns.models import Arm, Campaign, Run
from notifications.campaigns.run.numbers import open_deliveries
from notifications.dispatch.dispatch import backlog, limit
from notifications.queues import delivery_queue
from preferences.facts.types import TypeValue
from templates.versions.published import compiled

MOST_OPEN = 50_000  # deliveries of a run that wait or are on their way, however slow it is
SECONDS_OPEN = 3  # or so many times what its queues may hold


def common_channels(campaign: Campaign, type_: TypeValue, versions: Iterable[int]) -> list[str]:
    """Those for which every variant has a text."""
    wanted = campaign.channels or type_.channels
    known = [compiled(version).channels for version in versions]
    return [channel for channel in wanted if all(channel in parts for parts in known)]


def why_full(run: Run, arms: Sequence[Arm], channels: Sequence[str]) -> str:
    """Why no wave may be written now: "queue", "backlog", or "": there is room."""
    queues = [delivery_queue(channel, Lane(run.lane)) for channel in channels]
    limits = {queue: limit(queue) for queue in queues}
    if any(backlog(queue) >= most for queue, most in limits.items()):
        return "queue"
    most = max(MOST_OPEN, SECONDS_OPEN * sum(limits.values()))
    return "backlog" if _under_way(run, arms) >= most else ""


def _under_way(run: Run, arms: Sequence[Arm]) -> int:
    """What waits for the morning is meant to wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(deferred) FROM campaign_slice WHERE run_id = %s", [run.pk])
        deferred = int(cursor.fetchone()[0] or 0)
    return open_deliveries([arm.pk for arm in arms], run.began_at) - deferred
