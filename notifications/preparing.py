"""From a claimed delivery to its provider's request: decrypt, render, compose, build."""

import logging
from datetime import datetime
from typing import NamedTuple

from channels.base import BuildError, Channel, Envelope, Lane, Outcome, OutcomeKind, Send
from channels.choice import Route
from channels.compose import compose
from notifications.claim import Claimed, Loaded
from notifications.record import Change, Finished
from notifications.screening import Chosen
from notifications.statuses import State
from notifications.variables import unseal
from notifyproj.core.encryption import Undecryptable
from preferences.addresses import open_data_key
from preferences.addresses import unseal as unseal_address
from preferences.catalogue import TypeValue, catalogue
from preferences.facts import Person
from templates.render import RenderFailed, render

log = logging.getLogger(__name__)


class Ready(NamedTuple):
    """A delivery with everything it needs to leave."""

    row: Claimed
    route: Route
    type: TypeValue
    send: Send
    has_alternative: bool


def prepare(chosen: Chosen, loaded: Loaded, now: datetime) -> Ready | Change | Finished:
    """The request of one delivery, or how it ended here: trouble stays its own."""
    row, route, has_alternative = chosen
    person = loaded.people[row.recipient_id]
    type_ = catalogue.get().by_id[row.type_id]
    try:
        key = _key(person)
        parts = _render(row, person, key, loaded)
        envelope = _envelope(row, person, key, loaded)
        message = compose(Channel(row.channel), envelope, parts)
        send = route.adapter.build(message, route.account, now)
    except Undecryptable:
        return Change(row, State.FAILED, "undecryptable")
    except RenderFailed as error:
        return _unsent(row, route, now, str(error), "render_failed")
    except BuildError as error:
        return Finished(row, route.account.id, error.outcome, None, now, 0.0)
    except Exception:
        log.exception("delivery cannot be built", extra={"delivery_id": row.id})
        return _unsent(row, route, now, "The message could not be built", "build_failed")
    return Ready(row, route, type_, send, has_alternative)


def _render(row: Claimed, person: Person, key: bytes | None, loaded: Loaded) -> dict[str, str]:
    parent = loaded.parents[row.notification_id]
    variables = parent.shared
    if variables is None:
        variables = unseal(parent.id, bytes(parent.sealed), key if parent.personal else None)
    return render(loaded.texts[row.template_version_id], row.channel, person.locale, variables)


def _envelope(row: Claimed, person: Person, key: bytes | None, loaded: Loaded) -> Envelope:
    point = loaded.points.get(row.contact_point_id or 0)
    return Envelope(
        row.id,
        row.claims,
        _address(row, person, key, loaded),
        row.expires_at,
        Lane(row.lane),
        loaded.parents[row.notification_id].collapse_key,
        point.area if point else "",
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
        row, route.account.id, Outcome(OutcomeKind.REJECTED, reason, code), None, now, 0.0
    )
