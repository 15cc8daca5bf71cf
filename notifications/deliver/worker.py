"""A worker process's way out: its transport and its recorder, made after the fork, drained at
the end."""

import os
import threading
import time

from channels.transport.loop import Transport, transport
from notifications.deliver.lease_renewal import Leases
from notifications.record.recorder import Recorder
from notifications.status_events.send import send as status_events

DRAIN = 4.0  # seconds a stopping process waits for what is in flight

_lock = threading.Lock()
_recorder: Recorder | None = None
_leases = Leases()
_stopping = False


def recorder() -> Recorder:
    global _recorder
    with _lock:
        if _recorder is None:
            _recorder = Recorder()
        return _recorder


def leases() -> Leases:
    return _leases


def sender() -> Transport:
    return transport()


def wait_for_room(timeout: float, n: int) -> bool:
    """Wait until `n` more may be sent: not too much is in flight, nor answered and unwritten.
    False after about `timeout` seconds."""
    give_up = time.monotonic() + timeout
    if not sender().wait_for_room(timeout, n):
        return False
    return recorder().wait_until_written(give_up - time.monotonic())


def is_stopping() -> bool:
    return _stopping


def stop_starting() -> None:
    """Hints that still come are handed back unclaimed."""
    global _stopping
    _stopping = True


def drain() -> None:
    """Start nothing, let what is in flight end, write it down. Not started is handed back."""
    stop_starting()
    sender().drain(DRAIN)
    _leases.stop()
    recorder().stop(DRAIN)
    status_events.drain(DRAIN)
    sender().stop()


def forget() -> None:
    """Begin anew, as a forked child does."""
    global _lock, _recorder, _leases, _stopping
    _lock, _recorder, _leases, _stopping = threading.Lock(), None, Leases(), False
    status_events.forget()


os.register_at_fork(after_in_child=forget)
