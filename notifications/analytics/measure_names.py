"""Counters in words, for people who compare them. Pure."""

from collections.abc import Mapping

from channels.base import Lane
from notifications.analytics.latency import bounds
from notifications.counters.cells import (
    COMPLAINED,
    COST,
    CREATED,
    LATENCY,
    LAW_ENDS,
    OUTCOME,
    UNSUBSCRIBED,
    lane_and_bucket,
)
from notifications.statuses import ProviderOutcome, State

NAMES: Mapping[int, str] = {
    CREATED: "created",
    COMPLAINED: "complaints",
    UNSUBSCRIBED: "unsubscriptions",
    COST: "cost in millionths",
}


def measure_name(measure: int) -> str:
    if measure in NAMES:
        return NAMES[measure]
    if measure < LAW_ENDS:
        return str(State(measure).label)
    if measure >= LATENCY:
        lane, bucket = lane_and_bucket(measure)
        low, high = bounds(bucket)
        return f"{Lane(lane).name.lower()} in {low} to {high} ms"
    return f"outcome {ProviderOutcome(measure - OUTCOME).label}"
