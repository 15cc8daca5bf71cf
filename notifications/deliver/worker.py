"""The end of a worker process: what is in flight is drained and written down."""

from channels.transport.loop import transport
from notifications.deliver import deliver, lease_renewal
from notifications.record import recorder
from notifications.status_events.send import send as status_events

DRAIN = 4.0  # seconds a stopping process waits for what is in flight


def drain() -> None:
    """Start nothing, let what is in flight end, write it down. Not started is handed back."""
    deliver.stop_starting()
    transport().drain(DRAIN)
    lease_renewal.leases().stop()
    recorder.recorder().stop(DRAIN)
    status_events.drain(DRAIN)
    transport().stop()


def forget() -> None:
    """Begin anew, as a forked child does by itself."""
    recorder.forget()
    lease_renewal.forget()
    deliver.forget()
    status_events.forget()
