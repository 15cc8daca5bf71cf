"""What the lists of notifications and deliveries are narrowed by, and the words in the address."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q

from channels.accounts.routes import OWN
from channels.base import Channel, Lane
from channels.models import ProviderAccount
from notifications.history.status import with_status
from notifications.reasons import REASONS
from notifications.services.cancel import siblings
from notifications.statuses import NotificationStatus, ProviderOutcome, State
from notifyproj.core.admin.log_filters import choice, since_until, typed
from notifyproj.core.ids import first_of
from preferences.facts.types import catalogue

Pairs = Iterator[tuple[str, str]]
SLOW = {1: "1 s", 5: "5 s", 30: "30 s", 120: "2 min", 600: "10 min", 3600: "1 h"}


def _types() -> Pairs:
    return ((slug, slug) for slug in sorted(value.slug for value in catalogue.get().by_id.values()))


def _of_type(slug: str) -> Q:
    ids = [value.id for value in catalogue.get().by_id.values() if value.slug == slug]
    return Q(type_id__in=ids)


def _channels() -> Pairs:
    return ((channel.value, channel.value.replace("_", " ")) for channel in Channel)


def _lanes() -> Pairs:
    return ((lane.name.lower(), lane.name.lower()) for lane in Lane)


def _of_lane(name: str) -> Q:
    return Q(lane=Lane[name.upper()].value)


def _accounts() -> Pairs:
    yield from ProviderAccount.objects.order_by("slug").values_list("slug", "slug")
    yield from ((channel.value, f"{channel.value} (built in)") for channel in OWN)


def _through(slug: str) -> Q:
    own = {channel.value: id_ for channel, id_ in OWN.items()}
    found = ProviderAccount.objects.filter(slug=slug).values_list("pk", flat=True).first()
    return Q(account_id=own.get(slug, 0) if found is None else found)


def _reasons() -> Pairs:
    return ((code, f"{words}") for code, words in REASONS.items() if code)


def _slower_than(seconds: str) -> Q:
    """From when it could first go, so that waits of our own choosing are left out."""
    return Q(settled_at__gt=F("ready_at") + timedelta(seconds=int(seconds)))


def _of_notification(text: str) -> Q:
    id_ = UUID(text)
    return Q(notification_id=id_, pk__range=siblings(str(id_)))


def created(lookup: str, at: datetime) -> Q:
    """Ids sort by time, so an instant is a bound of ids."""
    return Q(**{f"pk__{lookup}": first_of(at)})


TYPE = choice("type", "type", _types, _of_type)
LANE = choice("lane", "queue", _lanes, _of_lane)
SINCE, UNTIL = since_until(created, keys=True)

OF_NOTIFICATIONS = (
    choice(
        "state",
        "status",
        lambda: ((str(s), str(s)) for s in NotificationStatus),
        with_status,
    ),
    *(TYPE, LANE, SINCE, UNTIL),
)
OF_DELIVERIES = (
    choice(
        "state",
        "status",
        lambda: ((s.name.lower(), str(s.label)) for s in State),
        lambda name: Q(state=State[name.upper()].value),
    ),
    choice(
        "outcome",
        "provider status",
        lambda: ((o.name.lower(), str(o.label)) for o in ProviderOutcome if o),
        lambda name: Q(outcome=ProviderOutcome[name.upper()].value),
    ),
    choice("channel", "channel", _channels, lambda value: Q(channel=value)),
    choice("account", "account", _accounts, _through),
    choice("reason", "reason", _reasons, lambda code: Q(reason=code), others=True),
    TYPE,
    LANE,
    choice("slow", "latency over", lambda: ((str(s), w) for s, w in SLOW.items()), _slower_than),
    *(SINCE, UNTIL),
    typed("notification", "notification", _of_notification),
    typed("arm", "campaign variant", lambda text: Q(arm_id=int(text))),
)
