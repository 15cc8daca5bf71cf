"""What a request for a report asks for: which deliveries, in which groups."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeVar, get_args

from channels.base import Channel
from channels.models import ProviderAccount
from notifications.analytics.selectors import Which
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.api.instants import read_instant
from preferences.facts.types import catalogue

DAY = timedelta(days=1)
LONGEST = 400 * DAY
LONGEST_BY_HOUR = 31 * DAY
ID = re.compile(r"[0-9]{1,18}")
Group = Literal["hour", "day", "campaign", "arm", "type", "channel", "account"]
GROUPS: tuple[Group, ...] = get_args(Group)

Query = Mapping[str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    which: Which
    since: datetime
    until: datetime
    group_by: tuple[Group, ...]

    @property
    def of_accounts(self) -> bool:
        """Then nothing is known of what no account has tried."""
        return "account" in self.group_by or self.which.account_ids is not None


def read(query: Query, now: datetime, arm_ids: Sequence[int] | None) -> Asked:
    """`arm_ids`: those of the campaigns and arms that are named, if any are. Raises
    InvalidFields."""
    until = _whole_hour(read_instant("until", query.get("until")) or now, up=True)
    since = _whole_hour(read_instant("since", query.get("since")) or until - DAY, up=False)
    group_by = _groups(query.get("group_by", ""))
    longest = LONGEST_BY_HOUR if "hour" in group_by else LONGEST
    if not since < until <= since + longest:
        raise InvalidFields(
            {"since": f"`since` must be before `until`, by at most {longest.days} days."}
        )
    which = Which(
        since=since,
        until=until,
        arm_ids=arm_ids,
        type_ids=_each(query, "type", _type),
        channels=_each(query, "channel", _channel),
        account_ids=_accounts(query),
    )
    return Asked(which, since, until, group_by)


def numbers(query: Query, name: str) -> list[int] | None:
    """Returns the ids in a parameter. Raises InvalidFields."""
    return _each(query, name, lambda text: int(text) if ID.fullmatch(text) else None)


def _groups(text: str) -> tuple[Group, ...]:
    names = tuple(name for name in text.split(",") if name)
    if not set(names) <= set(GROUPS):
        raise InvalidFields({"group_by": f"`group_by` must be one or more of {', '.join(GROUPS)}."})
    return tuple(name for name in GROUPS if name in names)


def _each(query: Query, name: str, find: Callable[[str], T | None]) -> list[T] | None:
    """Of what is named there, separated by commas; None when nothing is."""
    if not query.get(name):
        return None
    found = []
    for text in query[name].split(","):
        one = find(text)
        if one is None:
            raise InvalidFields({name: f"`{name}` contains an unknown value: {text[:50]}."})
        found.append(one)
    return found


def _accounts(query: Query) -> list[int] | None:
    if not query.get("account"):
        return None
    by_slug = dict(ProviderAccount.objects.values_list("slug", "pk"))
    return _each(query, "account", by_slug.get)


def _type(slug: str) -> int | None:
    type_ = catalogue.get().by_slug.get(slug)
    return type_.id if type_ else None


def _channel(name: str) -> str | None:
    return name if name in set(Channel) else None


def _whole_hour(at: datetime, *, up: bool) -> datetime:
    at = at.astimezone(UTC)
    hour = at.replace(minute=0, second=0, microsecond=0)
    return hour + timedelta(hours=1) if up and hour < at else hour
