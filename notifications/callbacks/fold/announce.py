"""What else follows when something became of a message: services are told, what waits for a
fallback need wait no longer, and whoever is on call hears of an urgent failure."""

from collections.abc import Iterator, Mapping, Sequence

from channels.base import EventKind, Lane
from notifications.alerts import tell_of_failures
from notifications.callbacks.fold.parse import Told
from notifications.callbacks.fold.transitions import BAD_NEWS, Row, Verdict, rank_of
from notifications.record.fallback import hasten
from notifications.status_events.event_types import OF_KIND, OF_STATE, Name
from notifications.status_events.outbox import Happened, enqueue
from notifications.statuses import ProviderOutcome, State
from preferences.facts.types import type_of

OF_THE_PERSON = frozenset(
    {EventKind.OPENED, EventKind.CLICKED, EventKind.COMPLAINED, EventKind.UNSUBSCRIBED}
)

OF_THE_ADDRESS = frozenset(
    {ProviderOutcome.BOUNCED, ProviderOutcome.BOUNCED_SOFT, ProviderOutcome.SUPPRESSED}
)


def announce(told: Sequence[Told], verdicts: Sequence[Verdict], rows: Mapping[str, Row]) -> None:
    """`told` is new, `verdicts` what it changed; at the end of the transaction that wrote it."""
    enqueue(_happened(told, verdicts, rows))
    hasten(one.row.id for one in verdicts if one.outcome in BAD_NEWS and _has_fallbacks(one.row))
    tell_of_failures(
        (one.row.type_id, one.reason)
        for one in verdicts
        if one.is_move and one.state == State.FAILED and one.row.lane == Lane.URGENT
        if one.outcome not in OF_THE_ADDRESS
    )


def _happened(
    told: Sequence[Told], verdicts: Sequence[Verdict], rows: Mapping[str, Row]
) -> Iterator[Happened]:
    why = {one.id: one.event.reason for one in told if rank_of(one) in BAD_NEWS}
    for one in verdicts:
        for name in _names(one):
            reason = why.get(one.row.id, "") if one.outcome in BAD_NEWS else ""
            yield Happened(name, one.row.id, one.row.type_id, reason=reason)
    for item in told:
        row = rows.get(item.id)
        if row is not None and item.event.kind in OF_THE_PERSON:
            name = OF_KIND[item.event.kind]
            is_bot = item.event.is_bot
            yield Happened(
                event=name,
                delivery_id=row.id,
                type_id=row.type_id,
                at=item.at,
                reason=item.event.reason,
                is_bot=is_bot,
            )


def _names(one: Verdict) -> list[Name]:
    """Each once, though a delivery that is settled late may be several things at once."""
    if one.due_at is not None:
        return []  # it goes on
    names = [OF_STATE[one.state]] if one.is_move else []
    before, after = one.row.outcome, one.outcome
    if before < ProviderOutcome.DELIVERED <= after <= ProviderOutcome.CLICKED:
        names.append(Name.DELIVERED)
    elif after == ProviderOutcome.FAILED and after != before:
        names.append(Name.FAILED)
    elif after in BAD_NEWS and after != before:
        names.append(Name.BOUNCED)
    return list(dict.fromkeys(names))


def _has_fallbacks(row: Row) -> bool:
    type_ = type_of(row.type_id)
    return type_ is not None and bool(type_.fallbacks)
