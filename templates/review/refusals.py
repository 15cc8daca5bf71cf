"""What a channel would refuse of a message's parts, found before anybody is sent one. Pure."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from channels.base import BuildError, Channel, Envelope
from channels.compose import compose

MOST = {  # of what the adapters send, less what they add
    (Channel.WEBHOOK, "json"): 65_000,
    (Channel.SLACK, "text"): 39_000,
    (Channel.SLACK, "blocks"): 100_000,
}
ENVELOPE = Envelope(
    delivery_id="00000000-0000-7000-8000-000000000000",
    attempt=1,
    address="",
    expires_at=datetime(2100, 1, 1, tzinfo=UTC),
)


def refusals(channel: str, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(field, why), each field looked at for itself."""
    for field, text in texts.items():
        most = MOST.get((Channel(channel), field))
        if most and len(text.encode("utf-8", "replace")) > most:
            yield field, f"More than {most:,} bytes, which are not sent"
        elif field != "json" and (why := _refusal(channel, field, text)):
            yield field, why  # what is no JSON, its own check says


def _refusal(channel: str, field: str, text: str) -> str:
    try:
        compose(Channel(channel), ENVELOPE, {field: text})
    except BuildError as error:
        return error.outcome.reason
    return ""
