"""What a launch would do, asked of the same rules, texts and accounts as a send: nothing is
written, counted, taken or sent.

A sample of the audience is looked at person by person, always the same one, and counts for all.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from notifications.campaigns.models import Campaign
from notifications.campaigns.plan import audience
from notifications.campaigns.plan.check import check, check_approval
from notifications.campaigns.preflight.concerns import canary_warning, concerns, late_people
from notifications.campaigns.preflight.estimates import ends_at
from notifications.campaigns.preflight.sample import Sample
from notifications.campaigns.preflight.values import Preflight as Preflight
from notifications.campaigns.preflight.values import Reach
from notifications.reasons import reason_text
from notifyproj.core.api.errors import InvalidFields

SAMPLE = 1_000


def preflight(campaign: Campaign, now: datetime) -> Preflight:
    """Also of a campaign that cannot be launched: `problems` say why."""
    walk = audience.everybody_of(campaign, now, seed=campaign.pk)
    about = audience.about(walk)
    problems = problems_of(campaign, now)
    variants = list(campaign.variants.select_related("version__template"))
    held_out = round(about * float(campaign.hold_out_percent) / 100)
    if problems or not variants:
        return Preflight(about, 0, held_out, 0, problems=problems)
    late = late_people(campaign, walk, now)
    if late.left_out:
        walk = walk._replace(without=late.zones)
    going = max(0, about - late.skipped)
    going -= round(going * float(campaign.hold_out_percent) / 100)
    sample = audience.sample(walk, SAMPLE)
    seen = Sample(campaign, variants, now)
    seen.look_at(sample)
    scale = going / len(sample) if sample else 0.0
    found = seen.reach(scale)
    begins, ends, speed = ends_at(campaign, going, found_messages(found), late.last_start, now)
    return Preflight(
        audience=about,
        sampled=len(sample),
        held_out=held_out,
        reached=round(seen.reached * scale),
        skipped=late.skipped,
        reach=found,
        dropped=seen.dropped(scale),
        broken=seen.broken(scale),
        begins_at=begins,
        ends_at=ends,
        speed=speed,
        warnings=tuple(_warnings(campaign, about, seen)),
        acknowledge=concerns(campaign, about, late, seen, scale),
    )


def problems_of(campaign: Campaign, now: datetime) -> dict[str, str]:
    """Returns why the campaign cannot be launched, by field."""
    found: dict[str, str] = {}
    try:
        check(campaign, now)
    except InvalidFields as error:
        found |= error.fields
    try:
        check_approval(campaign)
    except InvalidFields as error:
        found |= error.fields
    return found


def found_messages(reach: Sequence[Reach]) -> dict[str, int]:
    return {each.channel: each.messages for each in reach}


def _warnings(campaign: Campaign, about: int, seen: Sample) -> Iterable[str]:
    if about == 0:
        yield "The audience is empty."
    elif seen.reached == 0:
        yield "Nobody in the sample would get a message."
    share = sum(seen.deferred.values()) / max(1, seen.reached)
    if share > 0.2:
        reason = reason_text(seen.deferred.most_common(1)[0][0])
        yield f"{share:.0%} of the messages would be deferred. {reason}."
    yield from dict.fromkeys(seen.said)
    yield from seen.not_sent_by()
    yield from canary_warning(campaign, about)
    if not (campaign.canary_percent or campaign.canary_people or campaign.test_percent):
        yield "There is no canary: everyone gets it at once."
