"""When to try again. Pure: chance comes as an argument."""

import random

from channels.base import Channel, Lane

SECONDS = 1.0
MINUTES = 60 * SECONDS
HOURS = 60 * MINUTES

SCHEDULE: dict[Lane, tuple[float, ...]] = {
    Lane.URGENT: (1 * SECONDS, 2 * SECONDS, 5 * SECONDS, 10 * SECONDS, 20 * SECONDS),
    Lane.NORMAL: (10 * SECONDS, 30 * SECONDS, 2 * MINUTES, 10 * MINUTES, 1 * HOURS),
    Lane.BULK: (10 * SECONDS, 30 * SECONDS, 2 * MINUTES, 10 * MINUTES, 1 * HOURS),
}
# Of Standard Webhooks: 75 hours in all, as far as the message lives.
WEBHOOK = (
    *(5 * SECONDS, 5 * MINUTES, 30 * MINUTES, 2 * HOURS, 5 * HOURS),
    *(10 * HOURS, 14 * HOURS, 20 * HOURS, 24 * HOURS),
)
JITTER = 0.2
THROTTLE_FLOOR = 1 * SECONDS


def next_delay(
    attempt: int,
    lane: Lane,
    rng: random.Random,
    after: float | None = None,
    *,
    channel: str = "",
) -> float | None:
    """Seconds until the attempt after the `attempt`-th (1 for the first); None when there is none.

    `after` is the provider's floor. 0-20 % jitter is added to the whole, so that a thousand
    messages told to come back in a minute do not come back at once.
    """
    schedule = WEBHOOK if channel == Channel.WEBHOOK else SCHEDULE[lane]
    if attempt > len(schedule):
        return None
    return max(schedule[attempt - 1], after or 0.0) * (1 + JITTER * rng.random())


def throttle_delay(rng: random.Random, after: float | None = None) -> float:
    """Seconds to stay away after "too fast"; costs no attempt."""
    return max(THROTTLE_FLOOR, after or 0.0) * (1 + JITTER * rng.random())
