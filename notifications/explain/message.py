"""What would leave for one contact point: written and built as for sending, then thrown away."""

import logging
from collections.abc import Mapping
from datetime import datetime
from math import isinf
from typing import NamedTuple

from channels.accounts.choose import Route
from channels.base import BuildError, Channel, Envelope, HttpRequest, Lane
from channels.compose import compose
from notifications.dispatch.claim import Claimed
from notifications.explain.rules import Way
from notifications.links.decorate import way_out
from notifyproj.core.encryption import Undecryptable
from preferences.addresses.addresses import open_data_key, unseal
from preferences.facts.facts import Person, Point
from preferences.facts.types import TypeValue

log = logging.getLogger(__name__)

NOWHERE = "01900000-0000-7000-8000-000000000000"  # the id of what is only thought of


class Built(NamedTuple):
    units: int = 0
    cost: float | None = None
    problem: str = ""


def built(
    row: Claimed,
    *,
    person: Person,
    point: Point | None,
    type_: TypeValue,
    parts: Mapping[str, str],
    route: Route,
    now: datetime,
) -> Built:
    """Trouble stays its own, as it does when a batch is sent."""
    area = point.area if point else ""
    try:
        envelope = Envelope(
            delivery_id=row.id,
            attempt=1,
            address=_address(person, point),
            expires_at=row.expires_at,
            lane=Lane(row.lane),
            collapse_key="",
            area=area,
            type=type_.slug,
            way_out=way_out(row, type_, person.locale, now),  # it takes room; nobody sees it
        )
        send = route.adapter.build(
            compose(Channel(row.channel), envelope, parts), route.account, now
        )
    except Undecryptable:
        return Built(problem="The recipient's data can no longer be decrypted")
    except BuildError as error:
        return Built(problem=error.outcome.reason)
    except Exception:
        log.exception("message cannot be built", extra={"type": type_.slug, "channel": row.channel})
        return Built(problem="The message could not be built")
    units = send.units if isinstance(send, HttpRequest) else 1
    cost = route.cost(area) * units
    return Built(units, None if isinf(cost) else round(cost, 6))


def held_as(way: Way, type_id: int, version_id: int, lane: int, expires_at: datetime) -> Claimed:
    """The delivery of a way as a worker would hold it, for its first attempt."""
    return Claimed(
        id=NOWHERE,
        notification_id=NOWHERE,
        recipient_id=way.person.id,
        contact_point_id=way.point.id if way.point else None,
        channel=way.channel,
        app_id=way.point.app_id if way.point else None,
        account_id=None,
        type_id=type_id,
        template_version_id=version_id,
        lane=lane,
        reason="",
        attempts=0,
        claims=1,
        expires_at=expires_at,
        fallback_of=None,
        arm_id=0,
        ready_at=None,
        lease=0,
    )


def _address(person: Person, point: Point | None) -> str:
    if point is None:
        return str(person.id)
    if not person.data_key:
        raise Undecryptable
    key = open_data_key(person.data_key, person.external_id)
    return unseal(key, person.id, point.address_hash, point.address)
