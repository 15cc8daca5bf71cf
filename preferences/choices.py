"""A person's own word on what they get: the choice, and the proof of who made it, when and how."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from preferences.decide import decide
from preferences.facts import load_people
from preferences.models import ConsentEvent, ContactPoint, NotificationType
from preferences.question import Skip, Target, TypeRules

FOR_EVER = datetime.max.replace(tzinfo=UTC)

# A row comes back only when something changed: of two at once, one does it.
SET = """
INSERT INTO preference AS p (recipient_id, type_id, channel, enabled, updated_at)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (recipient_id, type_id, category_id, channel) DO UPDATE
    SET enabled = excluded.enabled, updated_at = excluded.updated_at
    WHERE p.enabled <> excluded.enabled
RETURNING p.id
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """How a choice was made; see ConsentEvent."""

    source: str
    at: datetime
    evidence: Mapping[str, Any]
    address_hash: bytes | None = None
    ip_hash: bytes | None = None
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whether a person gets a type by a channel, as they may be told."""

    type: str  # its name
    mandatory: bool
    hint: str  # the address, masked; "" when it is gone
    address_hash: bytes | None
    refusal: str  # why not; "" when they get it


def choice_set(
    *, recipient_id: int, type_id: int | None, channel: str, enabled: bool, proof: Proof
) -> bool:
    """Whether it changed anything: the same choice again leaves no second proof. Type None: every
    type, channel "": every channel. Raises IntegrityError for somebody or something removed."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(SET, [recipient_id, type_id, channel, enabled, proof.at])
            changed = cursor.fetchone() is not None
        if changed:
            action = ConsentEvent.Action.GRANTED if enabled else ConsentEvent.Action.WITHDRAWN
            ConsentEvent.objects.create(
                recipient_id=recipient_id,
                type_id=type_id,
                channel=channel,
                action=action,
                source=proof.source,
                at=proof.at,
                evidence=dict(proof.evidence),
                address_hash=proof.address_hash,
                ip_hash=proof.ip_hash,
                wording=proof.wording,
            )
        return changed


def subscription(
    recipient_id: int, type_id: int, channel: str, contact_point_id: int, now: datetime
) -> Subscription | None:
    """None when the person or the type is no more."""
    type_ = NotificationType.objects.filter(pk=type_id).first()
    person = load_people({recipient_id}, {type_id}).get(recipient_id)
    if type_ is None or person is None:
        return None
    points = ContactPoint.objects.filter(pk=contact_point_id, recipient_id=recipient_id)
    hint, hash_ = points.values_list("hint", "address_hash").first() or ("", None)
    about = TypeRules(type_id, opt_in_channels=frozenset(type_.opt_in_channels))
    wishes = replace(person.rules, quiet=None)
    verdict = decide(now, about, wishes, Target(channel), FOR_EVER)
    refusal = verdict.reason if isinstance(verdict, Skip) else ""
    hash_ = bytes(hash_) if hash_ else None
    return Subscription(type_.name, type_.mandatory, hint, hash_, refusal)
