"""Texts that staff wrote: rules are scrubbed where that is sure, and the rest is reported."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.campaigns.models import Campaign
from notifications.segments.models import Segment
from notifyproj.core.models import Alert, AuditEntry
from preferences.models import NotificationType, Recipient
from preferences.recipients.services import recipient_erase
from templates.models import MessageTemplate
from templates.versions.services import version_draft
from tests.flows.erasure.conftest import EMAIL, ID, time_passes
from tests.world import World


def segment(rules: object, slug: str = "vips") -> Segment:
    return Segment.objects.create(slug=slug, name="VIPs", rules=rules)


def erase(external_id: str = ID) -> None:
    recipient_erase(external_id=external_id)
    time_passes()


def reported() -> str:
    alert = Alert.objects.filter(key__startswith="erasure-mentions:", resolved_at=None).first()
    return alert.detail if alert else ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"attribute": "customer", "in": ["ben", ID]}, {"attribute": "customer", "in": ["ben"]}),
        ({"attribute": "customer", "in": [ID]}, {"attribute": "customer", "in": ["[erased]"]}),
        ({"attribute": "mail", "is": EMAIL}, {"attribute": "mail", "is": "[erased]"}),
        ({"attribute": "mail", "is_not": EMAIL}, {"attribute": "mail", "is_not": "[erased]"}),
        ({"attribute": "friends", "has": ID}, {"attribute": "friends", "has": "[erased]"}),
    ],
    ids=["listed", "alone", "is", "is_not", "has"],
)
def test_a_rule_that_chooses_the_erased_does_so_no_more(
    maria: Recipient, before: object, after: object
) -> None:
    row = segment({"any": [{"not": before}, {"locale": "de"}]})

    erase()

    row.refresh_from_db()
    assert row.rules == {"any": [{"not": after}, {"locale": "de"}]}
    assert reported() == ""


@pytest.mark.parametrize("operator", ["is", "is_not", "has", "in"])
@pytest.mark.parametrize("number", [471142, 471142.0])
def test_an_id_that_is_a_number_is_found_in_rules_as_one(
    shop: World, operator: str, number: float
) -> None:
    shop.person("471142")
    value: object = [number] if operator == "in" else number
    row = segment({"attribute": "customer", operator: value})

    erase("471142")

    row.refresh_from_db()
    erased = ["[erased]"] if operator == "in" else "[erased]"
    assert row.rules == {"attribute": "customer", operator: erased}


def test_a_number_that_others_have_stays_in_the_rules(shop: World) -> None:
    shop.person("471142")
    shop.person("ben", attributes={"orders": 471142})
    rules = {"all": [{"attribute": "orders", "is": 471142}, {"attribute": "paid", "is": True}]}
    row = segment(rules)

    erase("471142")

    row.refresh_from_db()
    assert row.rules == rules


def test_the_audit_log_of_that_change_names_nobody(maria: Recipient) -> None:
    segment({"attribute": "customer", "in": ["ben", ID]})

    erase()

    assert ID not in str(list(AuditEntry.objects.values_list("label", "changes", "note")))


def test_a_value_that_others_have_stays_in_the_rules(shop: World) -> None:
    shop.person("enterprise")
    shop.person("ben", attributes={"plan": "enterprise", "tags": ["enterprise"]})
    rules = {"any": [{"attribute": "plan", "in": ["team", "enterprise"]}]}
    rules["any"].append({"attribute": "tags", "has": "enterprise"})
    row = segment(rules)

    erase("enterprise")

    row.refresh_from_db()
    assert row.rules == rules


def test_rules_that_cannot_be_scrubbed_for_sure_are_reported(maria: Recipient) -> None:
    rules = {"attribute": "mail", "starts_with": EMAIL}
    row = segment(rules)

    erase()

    row.refresh_from_db()
    assert row.rules == rules
    assert "segment vips: rules" in reported()


def test_texts_of_staff_are_named_to_whoever_is_on_call(shop: World, maria: Recipient) -> None:
    MessageTemplate.objects.filter(slug="order").update(description=f"As {EMAIL.upper()} wished")
    template = MessageTemplate.objects.create(slug="thanks", name="Thanks")
    parts = {"email": {"default": {"subject": "Thanks", "text": f'{ID} said: "great"'}}}
    version_draft(template=template, parts=parts)
    Campaign.objects.create(
        name="Spring",
        service=shop.service,
        type=NotificationType.objects.earliest("pk"),
        variables={"quote": f"by {ID}"},
    )

    erase()

    said = reported()
    assert "message template order: description" in said
    assert "template version thanks version 1: parts" in said
    assert "campaign Spring: variables" in said
    assert ID not in said


def test_an_id_within_another_word_is_not_reported(maria: Recipient) -> None:
    segment({"all": []}, slug=f"about-{ID}-2")

    erase()

    assert reported() == ""


def test_an_id_that_is_in_every_text_is_not_reported(shop: World) -> None:
    shop.person("42")
    MessageTemplate.objects.update(description="42 of 100")

    erase("42")

    assert reported() == ""


def test_once_the_texts_were_edited_the_report_is_over(maria: Recipient) -> None:
    row = segment({"all": []})
    Segment.objects.filter(pk=row.pk).update(description=f"for {ID}")
    recipient_erase(external_id=ID)
    assert "segment vips: description" in reported()

    Segment.objects.filter(pk=row.pk).update(description="for the board")
    time_passes()

    assert reported() == ""


def test_the_report_is_on_the_first_page(maria: Recipient) -> None:
    segment({"all": []})
    Segment.objects.update(description=f"for {ID}")
    erase()
    client = Client()
    client.force_login(User.objects.create_superuser("op"))

    assert "Texts of your staff name somebody who was erased" in client.get("/admin/").text
