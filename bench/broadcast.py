"""One message to everybody, written as a request is and resolved by the fan-out. The API offers no
such request: campaigns walk their audience by themselves. The tests of the fan-out use it, too."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from notifications.accept.draft import draft
from notifications.accept.requests import SendRequest
from notifications.accept.write import insert_notifications
from notifications.dispatch import dispatch
from preferences.facts.types import Priority


def broadcast(
    *,
    service_id: int,
    type_slug: str,
    template_id: str,
    variables: Mapping[str, Any],
    priority: Priority,
    now: datetime,
) -> str:
    """The id of the notification whose audience is every recipient. Raises InvalidFields."""
    request = SendRequest(
        type=type_slug, template_id=template_id, variables=dict(variables), priority=priority
    )
    item = draft(request, {}, now, service_id=service_id, everyone=True)
    with transaction.atomic():
        insert_notifications([(item, False)], now)
    dispatch.publish_resolve(str(item.id), 1, item.lane)
    return str(item.id)
