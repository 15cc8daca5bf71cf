"""Every Celery queue by name. A guard test proves that each is consumed by some process."""

from channels.base import Channel, Lane

RESOLVE_URGENT = "resolve.urgent"
RESOLVE = "resolve"
CALLBACKS = "callbacks"
STATUS_EVENTS = "status_events"
PERIODIC = "periodic"


def delivery_queue(channel: str, lane: Lane) -> str:
    """See `QUEUE_OF`, which is faster than to make the name each time."""
    return f"{channel}.{lane.name.lower()}"


QUEUE_OF: dict[tuple[str, int], str] = {
    (channel, lane): delivery_queue(channel, lane) for lane in Lane for channel in Channel
}
DELIVERY = tuple(QUEUE_OF.values())
ALL = (*DELIVERY, RESOLVE_URGENT, RESOLVE, CALLBACKS, STATUS_EVENTS, PERIODIC)

# Names of tasks carry a version: a running worker and a new one may disagree about arguments.
DELIVER = "notifications.deliver.v1"
RESOLVE_CHUNK = "notifications.resolve_chunk.v1"
CHECK_IN = "notifications.check_in.v1"
LOOK = "notifications.look.v1"
WATCH = "notifications.watch.v1"
SWEEP = "notifications.sweep.v1"
FOLD = "notifications.fold.v1"
FOLD_CALLBACKS = "notifications.fold_callbacks.v1"
MAINTAIN = "notifications.maintain.v1"
ERASE = "notifications.erase.v1"
TELL = "notifications.tell_alerts.v1"
CLOSE_DIGESTS = "notifications.close_digests.v1"
READ_RECEIVED = "notifications.read_received.v1"
SEND_STATUS_EVENTS = "notifications.send_status_events.v1"
MAINTAIN_STATUS_EVENTS = "notifications.maintain_status_events.v1"
FEED = "campaigns.feed.v1"
TICK_CAMPAIGNS = "campaigns.tick.v1"
NOTE_CAMPAIGNS = "campaigns.note.v1"
