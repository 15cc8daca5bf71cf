"""A campaign's message sent to one person, as a notification by itself: its numbers stay alone."""

from notifications.accept.accept import accept
from notifications.accept.requests import SendRequest
from notifications.campaigns.models import Campaign
from notifications.campaigns.plan.check import draft_of
from notifyproj.core.api.bodies import convert
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.clock import now

NOBODY = "Enter the ID of a recipient you may write to."


def try_on(*, campaign: Campaign, variant: str, person: str) -> str:
    """By the same rules as any message to them; the first variant unless one is named. Returns the
    notification's id. Raises InvalidFields."""
    if not person:
        raise InvalidFields({"person": NOBODY})
    rows = campaign.variants.select_related("version__template")
    chosen = rows.filter(name=variant).first() or rows.first()
    if chosen is None:
        raise InvalidFields({"variants": "Choose a template first."})
    draft_of(campaign, chosen, now())
    body = {
        "type": campaign.type.slug,
        "user_id": person,
        "template_id": f"{chosen.version.template.slug}-v{chosen.version.number}",
        "variables": campaign.variables,
        "priority": campaign.priority,
        "metadata": {"test_of_campaign": campaign.pk, "variant": chosen.name},
    }
    if campaign.channels:
        body["channels"] = campaign.channels
    answer = accept(campaign.service_id, [convert(body, SendRequest)], now())[0]
    if answer.error is not None or answer.body is None:
        raise answer.error or InvalidFields({"person": NOBODY})
    return str(answer.body.id)
