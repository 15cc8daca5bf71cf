"""What keeps a campaign from being launched, by field. Nothing is written."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings

from notifications.accept.draft import Draft, draft
from notifications.accept.requests import SendRequest
from notifications.campaigns.models import Campaign, Variant
from notifications.campaigns.schedule import Starts, When, ends
from notifications.campaigns.shares import shares
from notifications.segments.people import ownership
from notifyproj.core.api.bodies import convert
from notifyproj.core.api.errors import InvalidFields

NO_CHANNEL = "No channel has content in every variant: nobody would get a message."


def check(campaign: Campaign, now: datetime) -> None:
    """Raises InvalidFields."""
    found = dict(reversed([*_time(campaign, now), *_shares(campaign), *_pace(campaign)]))
    variants = list(campaign.variants.select_related("version__template"))
    if not variants:
        found["variants"] = "Choose a template: at least one variant is needed."
    found |= dict(_winner(campaign, len(variants)))
    found |= _segment(campaign)
    if found:
        raise InvalidFields(found)
    drafts = [draft_of(campaign, variant, now) for variant in variants]
    if not set.intersection(*(set(item.channels) for item in drafts)):
        raise InvalidFields({"variants": NO_CHANNEL})


def check_approval(campaign: Campaign) -> None:
    """Raises InvalidFields, where the company wants two persons for it."""
    if not settings.CAMPAIGN_APPROVAL:
        return
    if campaign.approved_by_id is None:
        raise InvalidFields({"approved_by": "Another person must approve it first."})


def draft_of(campaign: Campaign, variant: Variant, now: datetime) -> Draft:
    """The request that its deliveries have in common. Raises InvalidFields."""
    version = variant.version
    body = {
        "type": campaign.type.slug,
        "template_id": f"{version.template.slug}-v{version.number}",
        "variables": campaign.variables,
        "priority": campaign.priority,
        "metadata": {"campaign": campaign.pk, "variant": variant.name},
    }
    if campaign.channels:
        body["channels"] = campaign.channels
    try:
        return draft(
            convert(body, SendRequest), {}, now, service_id=campaign.service_id, everyone=True
        )
    except InvalidFields as error:
        fields = {f"variants.{variant.name}: {key}": text for key, text in error.fields.items()}
        raise InvalidFields(fields, error.code, error.status) from None


def when_of(campaign: Campaign) -> When:
    return When(
        campaign.starts, campaign.next_on or campaign.on, campaign.at, campaign.zone or "UTC"
    )


def _time(campaign: Campaign, now: datetime) -> Iterator[tuple[str, str]]:
    if campaign.starts == Starts.NOW:
        if campaign.repeat:
            yield "repeat", "A repeating campaign needs a date and a time."
    elif campaign.on is None:
        yield "on", "Enter a date."
    elif campaign.at is None:
        yield "at", "Enter a time."
    elif ends(when_of(campaign)) < now:
        yield "on", "This is in the past in every time zone."
    if campaign.expires_at is not None and campaign.expires_at <= now:
        yield "expires_at", "This is in the past."
    if campaign.repeat_until and campaign.on and campaign.repeat_until < campaign.on:
        yield "repeat_until", "This is before the first day."


def _segment(campaign: Campaign) -> dict[str, str]:
    """A service that made it itself hears who got it: nothing of another service may be told by
    that. Staff may ask about everybody, but for a segment that is a service's."""
    segment = campaign.segment
    if segment is None:
        return {}
    by_itself = campaign.service_id if campaign.owner_id is None else None
    try:
        ownership.check_segment(segment, segment.service_id or by_itself)
    except InvalidFields as error:
        return {f"segment.{path}": text for path, text in error.fields.items()}
    return {}


def _shares(campaign: Campaign) -> Iterator[tuple[str, str]]:
    canary = 0 if campaign.canary_people else float(campaign.canary_percent)
    try:
        shares(
            canary / 100, float(campaign.test_percent) / 100, float(campaign.hold_out_percent) / 100
        )
    except ValueError as error:
        yield "hold_out_percent", str(error)


def _pace(campaign: Campaign) -> Iterator[tuple[str, str]]:
    if campaign.per_minute is not None and campaign.finish_hours is not None:
        yield "finish_hours", "Set a rate or a time to finish in, not both."
    if campaign.per_minute == 0:
        yield "per_minute", "Must be at least one person per minute."


def _winner(campaign: Campaign, variants: int) -> Iterator[tuple[str, str]]:
    if campaign.winner_by:
        if variants < 2:
            yield "winner_by", "Add a second variant to choose a winner from."
        if not campaign.test_percent:
            yield "test_percent", "Set how many get the variants before the winner is chosen."
        if campaign.starts == Starts.LOCAL:
            yield (
                "winner_by",
                "Not with the recipient's local time: the first zones would decide.",
            )
    elif campaign.test_percent:
        yield "test_percent", "Choose how the winner is decided, or set this to 0."
