"""A person's own word on what they get: the choice, and the proof of who made it, when and how."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from notifyproj.core.sqlarrays import array, quoted_array
from preferences.consent import events as consent
from preferences.decision.decide import decide
from preferences.decision.values import Skip, Target, TypeRules, category_key
from preferences.facts.facts import load_people
from preferences.models import ContactPoint, NotificationType

ACTIONS = {True: consent.GRANTED, False: consent.WITHDRAWN, None: consent.CLEARED}
FOR_EVER = datetime.max.replace(tzinfo=UTC)

# A row comes back only when something changed: of two at once, one does it.
SET = """
INSERT INTO preference AS p (recipient_id, type_id, category_id, channel, enabled, updated_at)
SELECT u.*, now() FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::varchar[], %s::bool[])
     AS u (recipient_id, type_id, category_id, channel, enabled)
ORDER BY u.recipient_id, u.type_id, u.category_id, u.channel
ON CONFLICT (recipient_id, type_id, category_id, channel) DO UPDATE
    SET enabled = excluded.enabled, updated_at = excluded.updated_at
    WHERE p.enabled <> excluded.enabled
RETURNING p.recipient_id, p.type_id, p.category_id, p.channel
"""
CLEAR = """
DELETE FROM preference p
USING unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::varchar[])
      AS u (recipient_id, type_id, category_id, channel)
WHERE p.recipient_id = u.recipient_id AND p.type_id IS NOT DISTINCT FROM u.type_id
  AND p.category_id IS NOT DISTINCT FROM u.category_id AND p.channel = u.channel
RETURNING p.recipient_id, p.type_id, p.category_id, p.channel
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """How a choice was made; see ConsentEvent."""

    source: str
    at: datetime
    evidence: Mapping[str, Any] = field(default_factory=dict, repr=False)
    address_hash: bytes | None = field(default=None, repr=False)
    ip_hash: bytes | None = field(default=None, repr=False)
    wording: str = ""


class About(NamedTuple):
    """Whose choice about what. Type and category None: everything; channel "": every channel."""

    recipient_id: int
    type_id: int | None = None
    category_id: int | None = None
    channel: str = ""


class Choice(NamedTuple):
    about: About
    enabled: bool | None  # None: nothing is said any more
    proof: Proof


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whether a person gets a type by a channel, as they may be told."""

    type: str  # its name
    mandatory: bool
    hint: str  # the address, masked; "" when it is gone
    address_hash: bytes | None
    refusal: str  # why not; "" when they get it
    locale: str = ""  # the person's
    names: Mapping[str, str] = field(default_factory=dict)  # of the type, in other languages


def choice_set(
    *,
    recipient_id: int,
    channel: str,
    enabled: bool | None,
    proof: Proof,
    type_id: int | None = None,
    category_id: int | None = None,
) -> bool:
    """Whether it changed anything. Type and category None: everything, channel "": every channel,
    enabled None: nothing said. Raises IntegrityError for somebody or something removed."""
    about = About(recipient_id, type_id, category_id, channel)
    return bool(choices_set([Choice(about, enabled, proof)]))


def choices_set(choices: Sequence[Choice]) -> set[About]:
    """What it changed: the same choice again leaves no second proof. Of two about the same thing
    the last counts. Raises IntegrityError for somebody or something removed."""
    last = {choice.about: choice for choice in choices}
    if not last:
        return set()
    said = [choice for choice in last.values() if choice.enabled is not None]
    unsaid = [choice for choice in last.values() if choice.enabled is None]
    with transaction.atomic():
        changed = _changed(SET, said, array(choice.enabled for choice in said))
        changed |= _changed(CLEAR, unsaid)
        consent.record([_event(last[about]) for about in last if about in changed])
    return changed


def _changed(statement: str, choices: Sequence[Choice], *more: str) -> set[About]:
    if not choices:
        return set()
    recipients, types, categories, channels = zip(*(c.about for c in choices), strict=True)
    columns = [array(recipients), array(types), array(categories), quoted_array(channels)]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*columns, *more])
        return {About._make(row) for row in cursor.fetchall()}


def _event(choice: Choice) -> consent.Consent:
    about, proof = choice.about, choice.proof
    return consent.Consent(
        ACTIONS[choice.enabled],
        about.channel,
        proof.source,
        proof.at,
        recipient_id=about.recipient_id,
        type_id=about.type_id,
        category_id=about.category_id,
        address_hash=proof.address_hash,
        evidence=proof.evidence,
        ip_hash=proof.ip_hash,
        wording=proof.wording,
    )


def subscription(
    recipient_id: int, type_id: int, channel: str, contact_point_id: int, now: datetime
) -> Subscription | None:
    """Returns the state of a type at this address; None where the person or the type is gone."""
    type_ = NotificationType.objects.filter(pk=type_id).first()
    person = load_people({recipient_id}, {type_id}).get(recipient_id)
    if type_ is None or person is None:
        return None
    points = ContactPoint.objects.filter(pk=contact_point_id, recipient_id=recipient_id)
    hint, hash_ = points.values_list("hint", "address_hash").first() or ("", None)
    category = category_key(type_.category_id) if type_.category_id else ""
    opt_in = frozenset(type_.opt_in_channels)
    about = TypeRules(type_id, opt_in_channels=opt_in, category=category)
    unrestricted = replace(person.rules, quiet=None, paused_until=None)
    verdict = decide(
        now, rules=about, person=unrestricted, target=Target(channel), expires_at=FOR_EVER
    )
    refusal = verdict.reason if isinstance(verdict, Skip) else ""
    hash_ = bytes(hash_) if hash_ else None
    return Subscription(
        type=type_.name,
        mandatory=type_.mandatory,
        hint=hint,
        address_hash=hash_,
        refusal=refusal,
        locale=person.locale,
        names=type_.names,
    )
