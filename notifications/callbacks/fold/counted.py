"""What events change in the counters: where a delivery is counted, and words that are counted by
themselves. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from notifications.callbacks.fold.parse import Told
from notifications.callbacks.fold.transitions import Row, Verdict
from notifications.counters.cells import HEARD, Cell, Settled, hour_of


def before(row: Row) -> list[Cell]:
    place = (*_place(row), row.account_id or 0)
    return Settled(*place, row.state, row.reason, row.outcome).cells()


def after(verdict: Verdict) -> list[Cell]:
    row = verdict.row
    reason = verdict.reason if verdict.is_move else row.reason
    place = (*_place(row), verdict.account or 0)
    return Settled(*place, verdict.state, reason[:64], verdict.outcome).cells()


def heard(told: Iterable[Told], rows: Mapping[str, Row]) -> Iterator[Cell]:
    """Of new events about deliveries that exist; by the account that says so, our links by none."""
    for one in told:
        measure, row = HEARD.get(one.event.kind), rows.get(one.id)
        if measure and row is not None:
            yield Cell(*_place(row), one.account_id or 0, measure)


def _place(row: Row) -> tuple[int, int, int, str]:
    return hour_of(row.id), row.arm_id, row.type_id, row.channel
