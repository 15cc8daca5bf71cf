"""From a claimed delivery to its provider's request: decrypt, render, compose, build."""

import logging
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from channels.accounts.choose import Route
from channels.base import (
    BuildError,
    Channel,
    Envelope,
    HttpRequest,
    Lane,
    Outcome,
    OutcomeKind,
    Send,
)
from channels.compose import compose
from channels.messages import EmailMessage, Message
from channels.protocols import WithBatch
from notifications.attachments.attach import NoRoom, enclosed
from notifications.deliver.batch import Share, shareable
from notifications.deliver.screen import Chosen
from notifications.deliver.uncertain import Unanswered, ask_first
from notifications.dispatch.claim import Claimed, Loaded
from notifications.links.decorate import dressed, supplied, way_out
from notifications.personal import person_variables
from notifications.record.outcomes import Change, Finished, kept
from notifications.statuses import State
from notifications.variables import unseal
from notifyproj.core.encryption import Undecryptable
from preferences.addresses.addresses import open_data_key
from preferences.addresses.addresses import unseal as unseal_address
from preferences.decision.values import MARKETING
from preferences.facts.facts import Person
from preferences.facts.types import TypeValue, catalogue
from templates.engine.render import RenderFailed, render

log = logging.getLogger(__name__)

URGENT_TIMEOUT = 2.0  # seconds
NOTHING: Mapping[str, Unanswered] = {}


class Ready(NamedTuple):
    """A delivery with everything it needs to leave."""

    row: Claimed
    route: Route
    type: TypeValue
    send: Send
    has_alternative: bool
    units: int = 1  # what the provider bills for
    cost_micros: int = 0
    share: Share | None = None  # it may go in one request with others
    has_files: bool = False  # they count in the memory budget until it has ended


def prepare(
    chosen: Chosen,
    loaded: Loaded,
    now: datetime,
    unanswered: Mapping[str, Unanswered] = NOTHING,
) -> Ready | Change | Finished:
    """The request of one delivery, or how it ended here: trouble stays its own."""
    row, route, _ = chosen
    person = loaded.people[row.recipient_id]
    type_ = catalogue.get().by_id[row.type_id]
    try:
        key = _key(person)
        parts = _render(row, type_=type_, person=person, key=key, loaded=loaded, now=now)
        envelope = _envelope(row, type_=type_, person=person, key=key, loaded=loaded, now=now)
        message = compose(Channel(row.channel), envelope, parts)
        if isinstance(message, EmailMessage):
            files = loaded.parents[row.notification_id].attachment_ids
            message = enclosed(dressed(message, row, type_, now), files, loaded.files)
        send = route.adapter.build(message, route.account, now)
        if row.id in unanswered:
            send = ask_first(send, message, unanswered[row.id], route, now)
    except Undecryptable:
        return Change(row, State.FAILED, "undecryptable")
    except NoRoom:
        return _later(row, now)
    except RenderFailed as error:
        return _unsent(row, route, now, str(error), "render_failed")
    except BuildError as error:
        return Finished(
            row=row,
            account_id=route.account.id,
            outcome=error.outcome,
            result=None,
            started_at=now,
            duration=0.0,
        )
    except Exception:
        log.exception("delivery cannot be built", extra={"delivery_id": row.id})
        return _unsent(row, route, now, "The message could not be built", "build_failed")
    return _ready(chosen, type_=type_, message=message, send=send, area=envelope.area)


def _ready(chosen: Chosen, *, type_: TypeValue, message: Message, send: Send, area: str) -> Ready:
    """What was built, with what it costs and whether it may go in one request with others."""
    row, route, has_alternative = chosen
    if has_alternative and row.lane == Lane.URGENT:
        send = _impatient(send, route)
    units = send.units if isinstance(send, HttpRequest) else 1
    share = None
    if hasattr(route.adapter, "batch_key"):
        share = shareable(cast(WithBatch, route.adapter), message, row)
    return Ready(
        row=row,
        route=route,
        type=type_,
        send=send,
        has_alternative=has_alternative,
        units=units,
        cost_micros=_cost(route, area, units),
        share=share,
        has_files=isinstance(message, EmailMessage) and bool(message.attachments),
    )


def _impatient(send: Send, route: Route) -> Send:
    """Another account may have answered before this one gives up; unless its provider itself
    takes longer, and says so by a constant of its adapter."""
    limit = getattr(route.adapter, "MIN_TIMEOUT", URGENT_TIMEOUT)
    if isinstance(send, HttpRequest) and send.timeout > limit:
        return replace(send, timeout=limit)
    return send


def _cost(route: Route, area: str, units: int) -> int:
    """In millionths; 0 where nobody said what it costs."""
    if not route.costs:
        return 0
    return round(route.costs.get(area, route.costs.get("", 0.0)) * units * 1_000_000)


def _later(row: Claimed, now: datetime) -> Change:
    """Not all at once: those that wait for room would only churn."""
    seconds = random.uniform(1, 10)  # noqa: S311 - spread
    due_at = min(now + timedelta(seconds=seconds), row.expires_at)
    return Change(row, State.WAITING, kept(row, "no_room"), due_at=due_at)


def _render(
    row: Claimed,
    *,
    type_: TypeValue,
    person: Person,
    key: bytes | None,
    loaded: Loaded,
    now: datetime,
) -> dict[str, str]:
    parent = loaded.parents[row.notification_id]
    variables = parent.shared
    if variables is None:
        variables = unseal(parent.id, bytes(parent.sealed), key if parent.personal else None)
    text = loaded.texts[row.template_version_id]
    if names := text.supplied(row.channel):
        ours = supplied(names, row, type_, now)
        variables = {**ours, **person_variables(names, person), **variables}
    return render(text, row.channel, person.locale, variables, person.rules.timezone)


def _envelope(
    row: Claimed,
    *,
    type_: TypeValue,
    person: Person,
    key: bytes | None,
    loaded: Loaded,
    now: datetime,
) -> Envelope:
    point = loaded.points.get(row.contact_point_id or 0)
    parent = loaded.parents[row.notification_id]
    is_marketing = type_.rules.legal_class == MARKETING
    return Envelope(
        delivery_id=row.id,
        attempt=row.claims,
        address=_address(row, person, key, loaded),
        expires_at=row.expires_at,
        lane=Lane(row.lane),
        collapse_key=parent.collapse_key,
        area=point.area if point else "",
        type=type_.slug,
        way_out=way_out(row, type_, person.locale, now) if is_marketing else None,
        service_id=parent.service_id,
    )


def _address(row: Claimed, person: Person, key: bytes | None, loaded: Loaded) -> str:
    if row.channel == Channel.INBOX:
        return str(person.id)
    if key is None:
        raise Undecryptable
    point = loaded.points[row.contact_point_id or 0]
    return unseal_address(key, person.id, point.address_hash, point.address)


def _key(person: Person) -> bytes | None:
    """None after an erasure. Raises Undecryptable."""
    return open_data_key(person.data_key, person.external_id) if person.data_key else None


def _unsent(row: Claimed, route: Route, now: datetime, reason: str, code: str) -> Finished:
    """This message cannot be sent, whoever's fault: it fails by itself, never its batch."""
    return Finished(
        row=row,
        account_id=route.account.id,
        outcome=Outcome(OutcomeKind.REJECTED, reason, code),
        result=None,
        started_at=now,
        duration=0.0,
    )
