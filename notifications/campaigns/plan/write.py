"""Write a campaign down, while it is a draft; and change the rate of one that runs.

Whatever is changed takes an approval back: it was given to something else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import ProtectedError, Sum

from notifications.campaigns.models import Campaign, Run, Slice, Variant
from notifications.campaigns.states import OPEN_RUNS, CampaignState
from notifyproj.core.api.errors import InvalidFields

NOT_COPIED = frozenset(
    {
        *("id", "state", "owner", "edited_by", "approved_by", "approved_at"),
        *("next_on", "next_at", "runs_begun", "created_at", "updated_at"),
    }
)
NOT_A_DRAFT = InvalidFields({"state": "Only a draft can be changed."}, "not_a_draft", 409)
CHANGED = InvalidFields(
    {"seen": "Somebody changed the campaign meanwhile. Review it again."}, "changed_meanwhile", 409
)
TWICE = "Two variants have the same name."
SENT_ALREADY = "A variant that was sent in an earlier run cannot be removed."


@dataclass(frozen=True, slots=True)
class VariantFields:
    name: str
    version_id: int
    weight: int = 1


@transaction.atomic
def campaign_create(
    *, fields: Mapping[str, Any], variants: Sequence[VariantFields], owner: User | None
) -> Campaign:
    """Raises InvalidFields."""
    made = Campaign(**fields, owner=owner, edited_by=owner)
    made.save()
    _variants_set(made, variants)
    return made


@transaction.atomic
def campaign_change(
    *,
    campaign: Campaign,
    fields: Mapping[str, Any],
    variants: Sequence[VariantFields] | None = None,
    by: User | None,
) -> Campaign:
    """`variants` None: as they are. Raises InvalidFields, also when it is no draft any more."""
    row = locked_draft(campaign)
    for name, value in fields.items():
        setattr(row, name, value)
    row.edited_by, row.approved_by, row.approved_at = by, None, None
    row.save()
    if variants is not None:
        _variants_set(row, variants)
    return row


def campaign_copy(*, campaign: Campaign, owner: User | None) -> Campaign:
    """Creates a draft with the same content."""
    copied = [f for f in Campaign._meta.concrete_fields if f.name not in NOT_COPIED]
    fields = {field.name: getattr(campaign, field.name) for field in copied}
    fields["name"] = f"{campaign.name[:190]} (copy)"
    variants = [VariantFields(v.name, v.version_id, v.weight) for v in campaign.variants.all()]
    return campaign_create(fields=fields, variants=variants, owner=owner)


@transaction.atomic
def campaign_delete(*, campaign: Campaign) -> None:
    """Raises InvalidFields: what was launched stays, so that it can be told."""
    row = locked_draft(campaign)
    if row.runs.exists():
        raise NOT_A_DRAFT
    row.delete()


@transaction.atomic
def campaign_approve(
    *, campaign: Campaign, by: User, seen: datetime | None, now: datetime
) -> Campaign:
    """`seen`: `updated_at` of what was looked at. Raises InvalidFields."""
    row = locked_draft(campaign)
    if why := why_not_approve(row, by):
        raise InvalidFields({"approved_by": why}, "not_by_you", 409)
    check_seen(row, seen)
    row.approved_by, row.approved_at = by, now
    row.save(update_fields=["approved_by", "approved_at"])
    return row


def why_not_approve(campaign: Campaign, by: User) -> str:
    """Returns why this user may not approve the campaign; "" where they may."""
    if campaign.owner_id == by.pk:
        return "You own this campaign: another person must approve it."
    if campaign.edited_by_id == by.pk:
        return "You changed it last: another person must approve it."
    return ""


def check_seen(campaign: Campaign, seen: datetime | None) -> None:
    """Raises InvalidFields when it is another by now than what somebody looked at."""
    if seen is not None and seen != campaign.updated_at:
        raise CHANGED


def locked_draft(campaign: Campaign) -> Campaign:
    """In the caller's transaction. Raises InvalidFields."""
    row = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if row.state != CampaignState.DRAFT:
        raise NOT_A_DRAFT
    return row


@transaction.atomic
def run_rate(*, run: Run, per_minute: int | None, now: datetime) -> None:
    """People a minute from now on, also after a pause and in later runs; None: no limit. Raises
    InvalidFields."""
    if per_minute is not None and per_minute < 1:
        raise InvalidFields({"per_minute": "Must be at least one person per minute."})
    visited = run.slices.aggregate(n=Sum("visited"))["n"] or 0
    changed = Run.objects.filter(pk=run.pk, state__in=OPEN_RUNS).update(
        per_minute=per_minute, paced_since=now, paced_visited=visited
    )
    if not changed:
        raise InvalidFields({"state": "The campaign is not running."}, "not_running", 409)
    Campaign.objects.filter(pk=run.campaign_id).update(
        per_minute=per_minute, finish_hours=None, updated_at=now
    )
    waits = Slice.objects.filter(run=run, done_at=None, problem="rate")
    waits.filter(due_at__gt=now).update(due_at=now)


def _variants_set(campaign: Campaign, variants: Sequence[VariantFields]) -> None:
    """One that keeps its name keeps its id. Raises InvalidFields."""
    names = [each.name for each in variants]
    if len(set(names)) < len(names):
        raise InvalidFields({"variants": TWICE})
    try:
        campaign.variants.exclude(name__in=names).delete()
    except ProtectedError:
        raise InvalidFields({"variants": SENT_ALREADY}) from None
    Variant.objects.bulk_create(
        [Variant(campaign=campaign, **_columns(each)) for each in variants],
        update_conflicts=True,
        unique_fields=["campaign", "name"],
        update_fields=["version", "weight"],
    )


def _columns(fields: VariantFields) -> dict[str, Any]:
    return {"name": fields.name, "version_id": fields.version_id, "weight": fields.weight}
