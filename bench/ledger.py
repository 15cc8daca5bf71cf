"""Does it add up? What was recorded against what arrived, and against the counters."""

from collections import Counter
from collections.abc import Iterable, Mapping

from django.db import connection

from bench.stand_in.problems import BenchProblem
from bench.stand_in.server import Arrival
from notifications.counters.cells import CREATED, LAW_ENDS
from notifications.statuses import FINAL, State

COUNTERS = """
SELECT measure, sum(n)::bigint FROM (
    SELECT measure, n FROM counter WHERE type_id = %(type)s AND measure < %(law)s
    UNION ALL
    SELECT measure, n FROM counter_delta WHERE type_id = %(type)s AND measure < %(law)s
) t GROUP BY measure
"""
ATTEMPTS = """
SELECT d.id::text, d.state, count(a.delivery_id)
FROM delivery d LEFT JOIN attempt a ON a.delivery_id = d.id
WHERE d.notification_id = %s GROUP BY d.id, d.state
"""
SHOWN = 5  # examples of a difference


def counters(type_id: int) -> Counter[int]:
    """Deliveries of a type by state; CREATED counts them all."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTERS, {"type": type_id, "law": LAW_ENDS})
        return Counter({state: int(n) for state, n in cursor.fetchall()})


def settled(counts: Mapping[int, int]) -> int:
    return sum(counts.get(state.value, 0) for state in FINAL)


def check(
    notification_id: str, counted: Mapping[int, int], arrivals: Iterable[Arrival], known: set[str]
) -> dict[str, int]:
    """Deliveries by state. Raises BenchProblem with the difference, should there be one.

    `counted`: what the counters grew by. `known`: other deliveries that arrived meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(ATTEMPTS, [notification_id])
        rows = cursor.fetchall()
    recorded = Counter({id_: tries for id_, _, tries in rows if tries})
    arrived = Counter(a.delivery_id for a in arrivals if a.delivery_id not in known)
    _same_arrivals(recorded, arrived)
    by_state = Counter(state for _, state, _ in rows)
    _same_counts(by_state, counted)
    return {State(state).name.lower(): n for state, n in sorted(by_state.items())}


def swept(notification_id: str) -> int:
    """Deliveries whose first hint came to nothing within its life: a claim adds one as well."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM delivery WHERE notification_id = %s AND dispatch_no > claims + 1",
            [notification_id],
        )
        return int(cursor.fetchone()[0])


def _same_arrivals(recorded: Counter[str], arrived: Counter[str]) -> None:
    if recorded == arrived:
        return
    more, less = recorded - arrived, arrived - recorded
    lines = [
        f"recorded {recorded.total():,} attempts, the stand-in received {arrived.total():,}:",
        f"  recorded oftener than received: {len(more):,} {more.most_common(SHOWN)}",
        f"  received oftener than recorded: {len(less):,} {less.most_common(SHOWN)}",
    ]
    raise BenchProblem("\n".join(lines))


def _same_counts(by_state: Mapping[int, int], counted: Mapping[int, int]) -> None:
    created = sum(by_state.values())
    expected = {**by_state, CREATED: created}
    found = {state: n for state, n in counted.items() if n}
    if found != expected:
        raise BenchProblem(f"The rows say {expected}, the counters {found}.")
    if settled(counted) != created:
        raise BenchProblem(f"created {created:,}, settled {settled(counted):,}")
