"""Reports of what became of messages, also by campaign; what the API and its CSV are made of."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from channels.models import ProviderAccount
from notifications.analytics import query as asking
from notifications.analytics.figures import Figures
from notifications.analytics.query import Asked, Group, Query
from notifications.analytics.rows import ReportRow, row
from notifications.analytics.selectors import GroupBy, totals
from notifications.campaigns.models import Arm
from notifications.campaigns.run.numbers import arms_of
from notifyproj.core.api.errors import InvalidFields
from preferences.facts.types import catalogue

MOST_ROWS = 10_000
TOO_LONG = f"The report has more than {MOST_ROWS:,} rows: use fewer groups or a shorter period."


def read(query: Query, now: datetime, service_id: int | None = None) -> Asked:
    """With a service, the campaigns and arms of others are none. Raises InvalidFields."""
    arms, campaigns = asking.numbers(query, "arm"), asking.numbers(query, "campaign")
    if arms is not None and service_id is not None:
        own = _campaigns_by_arm(service_id)
        arms = [arm for arm in arms if arm in own]
    if campaigns is not None:
        of_campaigns = {arm for found in arms_of(campaigns, service_id).values() for arm in found}
        arms = sorted(of_campaigns.intersection(arms) if arms is not None else of_campaigns)
    return asking.read(query, now, arms)


def report(asked: Asked, service_id: int | None = None) -> list[ReportRow]:
    """With a service, what is of others' campaigns is in the row of none. Raises InvalidFields when
    it would be too long."""
    columns = tuple(dict.fromkeys(_column(name) for name in asked.group_by))
    found: dict[tuple[Any, ...], Counter[tuple[int, str]]] = {}
    shown = _shown(asked.group_by, service_id)
    for group in totals(asked.which, columns):
        values = dict(zip(columns, group.key, strict=True))
        key = tuple(shown[name](values[_column(name)]) for name in asked.group_by)
        found.setdefault(key, Counter()).update(group.figures.counts)
    if len(found) > MOST_ROWS:
        raise InvalidFields({"group_by": TOO_LONG})
    return [
        row(dict(zip(asked.group_by, key, strict=True)), Figures(n), of_accounts=asked.of_accounts)
        for key, n in found.items()
    ]


def _column(name: Group) -> GroupBy:
    """Counters know arms; which campaign these are of, its tables do."""
    return "arm" if name == "campaign" else name


def _campaigns_by_arm(service_id: int | None) -> dict[int, int]:
    arms = Arm.objects.all()
    if service_id is not None:
        arms = arms.filter(run__campaign__service_id=service_id)
    return dict(arms.values_list("pk", "run__campaign_id"))


def _shown(
    names: tuple[Group, ...], service_id: int | None
) -> Mapping[Group, Callable[[Any], Any]]:
    """As they are called outside; null for what is of no campaign, arm or account."""
    shown: dict[Group, Callable[[Any], Any]] = {
        "hour": lambda at: f"{at:%Y-%m-%dT%H:00:00Z}",
        "day": lambda at: f"{at:%Y-%m-%d}",
        "arm": lambda id_: id_ or None,
        "type": _type,
        "channel": str,
    }
    if "campaign" in names:
        shown["campaign"] = _campaigns_by_arm(service_id).get
    if "arm" in names and service_id is not None:
        own = _campaigns_by_arm(service_id)
        shown["arm"] = lambda id_: id_ if id_ in own else None
    if "account" in names:
        shown["account"] = dict(ProviderAccount.objects.values_list("pk", "slug")).get
    return shown


def _type(type_id: int) -> str:
    type_ = catalogue.get().by_id.get(type_id)
    return type_.slug if type_ else str(type_id)
