"""What a counter counts: numbers that `counter.measure` holds. Pure, and stable once written.

Below `LAW_ENDS` it is a State, or `CREATED`: the conservation law is about these, in delivery rows.
"""

from bisect import bisect_right

CREATED = 0
LAW_ENDS = 100
OUTCOME = 100  # + a ProviderOutcome above SENT: deliveries of which this is the word by now
COMPLAINED = 201  # events
UNSUBSCRIBED = 202
COST = 210  # `n` is millionths, of every try
LATENCY = 1_000  # + 100 · lane + bucket: tries a provider took, by how long after `ready_at`

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
# Milliseconds at which the next bucket begins; close where the bar is.
BOUNDS = (
    *(1, 2, 5, 10, 20, 35, 50, 75, 100, 150, 200, 350, 500, 750),
    *(SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND),
    *(MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 12 * HOUR, 72 * HOUR),
)


def latency(lane: int, milliseconds: int) -> int:
    return LATENCY + 100 * lane + bisect_right(BOUNDS, milliseconds)


def lane_and_bucket(measure: int) -> tuple[int, int]:
    return divmod(measure - LATENCY, 100)
