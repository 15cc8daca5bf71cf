"""What was said of a campaign last, by code: an acknowledgement without a number is held to it.

In Redis for a day, and only while the campaign is as it was. Without Redis nothing was said.
"""

from collections.abc import Mapping, Sequence

import msgspec
from redis import RedisError

from notifications.campaigns.models import Campaign
from notifications.campaigns.preflight.values import Concern
from notifyproj.core.servers.redis_client import quick_redis

DAY = 86_400  # seconds


def remember(campaign: Campaign, concerns: Sequence[Concern]) -> None:
    people = {each.code: each.people for each in concerns}
    try:
        quick_redis().set(_key(campaign), msgspec.json.encode(people), ex=DAY)
    except RedisError:
        return


def said(campaign: Campaign) -> Mapping[str, int]:
    """How many people each code was about."""
    try:
        found = quick_redis().get(_key(campaign))
    except RedisError:
        return {}
    return msgspec.json.decode(found, type=dict[str, int]) if found else {}


def _key(campaign: Campaign) -> str:
    return f"campaign:said:{campaign.pk}:{campaign.updated_at.timestamp()}"
