"""What a row of the log refers to, by the names people know: a statement a table, not a row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from channels.accounts.routes import OWN
from channels.models import ProviderAccount
from notifications.models import Delivery
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.ids import instant_of
from preferences.facts.types import catalogue
from preferences.models import ContactPoint, Recipient

TONES = {
    State.WAITING: "busy",
    State.LEASED: "busy",
    State.AWAITING: "busy",
    State.SENT: "good",
    State.FAILED: "bad",
    State.SKIPPED: "none",
    State.EXPIRED: "warn",
    State.CANCELLED: "none",
    State.UNCERTAIN: "warn",
}
OWN_NAMES: dict[int | None, str] = {id_: channel.value for channel, id_ in OWN.items()}


@dataclass(frozen=True, slots=True)
class Names:
    people: dict[int, str]
    points: dict[int, str]  # addresses, masked
    accounts: dict[int, str]

    def person(self, row: Delivery) -> str:
        return self.people.get(row.recipient_id or 0) or row.unknown_recipient or ""

    def address(self, row: Delivery) -> str:
        return self.points.get(row.contact_point_id or 0, "")

    def account(self, account_id: int | None) -> str:
        return OWN_NAMES.get(account_id) or self.accounts.get(account_id or 0, "")


def names_of(rows: Sequence[Delivery]) -> Names:
    people = Recipient.objects.filter(pk__in=_known(row.recipient_id for row in rows))
    points = ContactPoint.objects.filter(pk__in=_known(row.contact_point_id for row in rows))
    return Names(
        people=dict(people.values_list("pk", "external_id")),
        points=dict(points.values_list("pk", "hint")),
        accounts=dict(ProviderAccount.objects.values_list("pk", "slug")),
    )


def type_slug(type_id: int) -> str:
    found = catalogue.get().by_id.get(type_id)
    return found.slug if found else ""


def said(row: Delivery) -> tuple[str, str]:
    """Its status in a word, and the word's tone; the provider's word where that says more."""
    state, outcome = State(row.state), ProviderOutcome(row.outcome)
    if outcome >= ProviderOutcome.FAILED:
        return f"{state.label}, {outcome.label}", "bad"
    if outcome > ProviderOutcome.SENT:
        return str(outcome.label), TONES[state]
    return str(state.label), TONES[state]


def took(row: Delivery) -> float | None:
    """Seconds since it could first go; None while it is on its way, or when nothing was tried."""
    if row.settled_at is None or not row.attempts:
        return None
    return (row.settled_at - (row.ready_at or instant_of(row.pk))).total_seconds()


def _known(ids: Iterable[int | None]) -> set[int]:
    return {id_ for id_ in ids if id_ is not None}
