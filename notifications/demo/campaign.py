"""A campaign that waits to be launched: to members, in their own words, MJML and all."""

from typing import Any

from notifications.campaigns.models import Campaign
from notifications.segments.models import Segment
from notifications.segments.services import SegmentFields, segment_create
from notifyproj.core.models import Service
from preferences.models import NotificationType
from templates.models import MessageTemplate, TemplateVersion
from templates.versions.services import version_draft, version_publish

SLUG, NAME = "spring-offers", "Spring offers to plus members"
SEGMENT = "plus-members"
HELLO = '{{ person.first_name|default("there") }}'
MJML = """\
<mjml>
  <mj-body background-color="#f4f4f2">
    <mj-section background-color="#ffffff" padding="32px 24px">
      <mj-column>
        <mj-text font-size="22px" font-weight="600">{heading}</mj-text>
        <mj-text font-size="15px" line-height="1.6">{text}</mj-text>
        <mj-button background-color="#1f5fbf" href="https://shop.example/spring">{button}</mj-button>
      </mj-column>
    </mj-section>
    <mj-section>
      <mj-column>
        <mj-text align="center" color="#666666" font-size="12px">
          <a href="{{ unsubscribe_url }}">{end}</a>
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


def mjml(**words: str) -> str:
    text = MJML
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", value)
    return text


PARTS: dict[str, Any] = {
    "push": {
        "default": {
            "title": f"Spring is here, {HELLO}",
            "body": "{{ discount|percent }} off until {{ until|date }}",
            "link": "https://shop.example/spring",
        },
        "de": {
            "title": f"Der Frühling ist da, {HELLO}",
            "body": "{{ discount|percent }} Rabatt bis {{ until|date }}",
        },
    },
    "email": {
        "default": {
            "subject": "{{ discount|percent }} off until {{ until|date }}",
            "preheader": "For plus members only",
            "mjml": mjml(
                heading=f"Spring is here, {HELLO}",
                text="As a plus member you save {{ discount|percent }} until {{ until|date }}.",
                button="To the shop",
                end="Unsubscribe",
            ),
        },
        "de": {
            "subject": "{{ discount|percent }} Rabatt bis {{ until|date }}",
            "preheader": "Nur für Plus-Mitglieder",
            "mjml": mjml(
                heading=f"Der Frühling ist da, {HELLO}",
                text="Als Plus-Mitglied sparen Sie {{ discount|percent }} bis {{ until|date }}.",
                button="Zum Shop",
                end="Abbestellen",
            ),
        },
    },
}


def seed_campaign() -> None:
    """Once: what somebody made of it, or deleted, stays so while its template is there."""
    if MessageTemplate.objects.filter(slug=SLUG).exists():
        return
    template = MessageTemplate.objects.create(slug=SLUG, name="Spring offers")
    version = version_publish(version=version_draft(template=template, parts=PARTS))
    campaign = Campaign.objects.create(
        name=NAME,
        description="A demo draft: review it, then launch it.",
        service=Service.objects.get(slug="shop"),
        type=NotificationType.objects.get(slug="weekly_offers"),
        segment=_segment(),
        channels=["push", "email"],
        variables={"discount": 0.2, "until": "2027-04-30"},
    )
    campaign.variants.create(name="A", version=TemplateVersion.objects.get(pk=version.pk))


def _segment() -> Segment:
    found = Segment.objects.filter(slug=SEGMENT).first()
    fields = SegmentFields(
        name="Plus members",
        description="Everyone whose plan is plus.",
        rules={"all": [{"attribute": "plan", "is": "plus"}]},
    )
    return found or segment_create(slug=SEGMENT, fields=fields)
