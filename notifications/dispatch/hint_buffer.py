"""Hints of what is not urgent wait a moment where requests come one by one, to leave together: to a
worker, a hint of a hundred messages costs little more than one of three.

A process that is killed loses those of a tenth of a second; their rows are due again in 25.
"""

import atexit
import math
from collections.abc import Iterable

from channels.base import Lane
from notifications.dispatch import dispatch
from notifications.dispatch.dispatch import HINT_SIZE, Due
from notifyproj.core.batch_writer import BatchWriter

EVERY = 0.1  # seconds

_buffer: BatchWriter[Due, Due] | None = None


def start() -> None:
    """In this process, from now on."""
    global _buffer
    _buffer = BatchWriter(
        name="hints",
        prepare=list,
        write=dispatch.publish,
        id_of=lambda row: row.id,
        every=EVERY,
        batch=HINT_SIZE,
        pause=0.0,
        patience=math.inf,
    )
    atexit.register(_buffer.flush)


def stop() -> None:
    """What waits leaves now, and whatever comes later leaves at once."""
    global _buffer
    if _buffer is not None:
        atexit.unregister(_buffer.flush)
        _buffer.flush()
        _buffer = None


def publish(rows: Iterable[Due]) -> None:
    """After commit only: urgent ones now, the others within EVERY seconds."""
    if _buffer is None:
        dispatch.publish(rows)
        return
    urgent: list[Due] = []
    for row in rows:
        if row.lane == Lane.URGENT:
            urgent.append(row)
        else:
            _buffer.put(row)
    if urgent:
        dispatch.publish(urgent)
