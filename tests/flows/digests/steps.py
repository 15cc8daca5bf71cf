"""What tests of digests do over and over."""

from typing import Any

from channels.inbox.models import InboxItem
from notifications.digests.models import Digest
from notifyproj.core.clock import now
from preferences.facts.types import catalogue
from preferences.models import NotificationType
from tests.flows.steps import send
from tests.world import World


def collected(**said: Any) -> None:
    fields: dict[str, Any] = {"digest": {"seconds": 3600}, **said}
    NotificationType.objects.update(**fields)
    catalogue.forget()


def tell(world: World, *orders: str, user_id: str = "ada", **fields: Any) -> list[str]:
    ids = []
    for order in orders:
        variables = {"order_id": order}
        fields = {"channels": ["inbox"], "user_id": user_id, **fields}
        answer = send(world, **fields, variables=variables)
        assert answer.body is not None, answer.error
        ids.append(answer.body.id)
    return ids


def an_hour_passes() -> None:
    Digest.objects.filter(state=Digest.State.OPEN).update(closes_at=now())


def said() -> list[tuple[str, str]]:
    return list(InboxItem.objects.order_by("id").values_list("title", "body"))
