"""What a person changes on their page: each change leaves its proof."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from django.db import transaction

from notifyproj.core.encryption import lookup_hash
from preferences.centre import texts
from preferences.centre.state import Kind, State, Switch
from preferences.consent.choices import About, Choice, Proof, choice_set, choices_set
from preferences.consent.pauses import Pause, Quiet, pause_set, quiet_set, zone_set
from preferences.models import Recipient

SOURCE = "page"
BREAKS = (1, 7, 30)  # days


def proof(state: State, ip: str, language: str) -> Proof:
    return Proof(
        source=SOURCE,
        at=state.now,
        evidence={},
        ip_hash=lookup_hash("ip", ip) if ip else None,
        wording=texts.version_of(language),
    )


def kinds_set(
    *, state: State, toggled: Mapping[str, bool], proof: Proof
) -> list[tuple[Kind, Switch, bool]]:
    """What is different now, as it may be told. What the page does not offer is passed over."""
    offered = state.switches()
    wanted = [
        (*offered[key], on)
        for key, on in toggled.items()
        if key in offered and not offered[key][0].mandatory
    ]
    choices = [
        Choice(About(state.recipient.pk, kind.id, None, switch.channel), on, proof)
        for kind, switch, on in wanted
    ]
    choices_set(choices)
    return [(kind, switch, on) for kind, switch, on in wanted if on != switch.on]


def everything_set(*, state: State, stopped: bool, proof: Proof) -> None:
    """Taking it back says nothing any more, so that what was chosen before holds as it did."""
    choice_set(
        recipient_id=state.recipient.pk,
        channel="",
        enabled=False if stopped else None,
        proof=proof,
    )


def channel_allow(*, state: State, channel: str, proof: Proof) -> bool:
    """Whether it was one that a click can allow again."""
    if channel not in state.stopped_channels():
        return False
    choice_set(recipient_id=state.recipient.pk, channel=channel, enabled=True, proof=proof)
    return True


@transaction.atomic
def break_set(*, state: State, days: int, proof: Proof) -> datetime | None:
    """Sets a break of so many days and returns its end; 0 ends it."""
    until = state.now + timedelta(days=days) if days else None
    if _still_there(state):
        pause_set([Pause(state.recipient.pk, until, proof)])
    return until


@transaction.atomic
def hours_set(*, state: State, quiet: tuple[time, time] | None, zone: str, proof: Proof) -> None:
    """Quiet hours are in the zone, so the two change together."""
    if _still_there(state):
        zone_set({state.recipient.pk: zone})
        quiet_set([Quiet(state.recipient.pk, quiet, proof)])


def _still_there(state: State) -> bool:
    """Nothing is written about somebody who was erased meanwhile; an erasure now waits."""
    rows = Recipient.objects.select_for_update(no_key=True)
    return rows.filter(pk=state.recipient.pk, erased_at=None).exists()
