"""How somebody gets no more of a kind of news: what marketing carries on every channel. Pure.

An e-mail and an SMS say it in their words; where a message has fields for an app, or a place of
ours, it is supplied.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class WayOut:
    """Links of the reader's own, and words for them in the reader's language."""

    unsubscribe_url: str = field(repr=False)
    preferences_url: str = field(repr=False)
    unsubscribe_label: str
    preferences_label: str

    @property
    def data(self) -> dict[str, str]:
        return {
            "unsubscribe_url": self.unsubscribe_url,
            "preferences_url": self.preferences_url,
        }


def data(way_out: WayOut | None) -> dict[str, str]:
    """Returns the links as fields for an app; nothing where the message needs no way out."""
    return way_out.data if way_out else {}
