"""A person in the admin: found by address, changed with proof, never shown an address."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from notifyproj.core.clock import now
from preferences.models import ConsentEvent, NotificationType, Preference, QuietHours, Recipient
from preferences.recipients.schemas import Profile
from preferences.recipients.services import recipient_erase, recipient_upsert
from tests.world import contact_point

pytestmark = pytest.mark.django_db
LIST = "admin:preferences_recipient_changelist"
EMPTY = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0"}


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture
def ada() -> Recipient:
    profile = Profile(email="ada@Example.com", phone="+14155550123")
    recipient_upsert(external_id="ada", profile=profile)
    return Recipient.objects.get()


def search(operator: Client, words: str) -> list[str]:
    answer = operator.get(reverse(LIST), {"q": words})
    return [row.external_id for row in answer.context["cl"].result_list]


def save(operator: Client, person: Recipient, **said: Any) -> Any:
    body = {
        "locale": "",
        "timezone": person.timezone,
        "attributes": "{}",
        "initial-attributes": "{}",
    }
    for prefix in ("contact_points", "preferences", "quiet_hours"):
        body |= {f"{prefix}-{name}": value for name, value in EMPTY.items()}
    url = reverse("admin:preferences_recipient_change", args=[person.pk])
    return operator.post(url, {**body, **said}, follow=True)


@pytest.mark.parametrize(
    "words", ["ada", "ada@EXAMPLE.com", "+1 (415) 555-0123", " ada@example.com "]
)
def test_a_person_is_found_by_id_or_whole_address(
    operator: Client, ada: Recipient, words: str
) -> None:
    recipient_upsert(external_id="bob", profile=Profile(email="bob@example.com"))

    assert search(operator, words) == ["ada"]


@pytest.mark.parametrize("words", ["ad", "example.com", "+1415555012", "@", "+"])
def test_a_part_of_it_finds_nobody(operator: Client, ada: Recipient, words: str) -> None:
    assert search(operator, words) == []


def test_a_choice_made_in_the_admin_leaves_proof_of_who_made_it(
    operator: Client, ada: Recipient
) -> None:
    row = {"preferences-TOTAL_FORMS": "1", "preferences-0-recipient": ada.pk}

    save(operator, ada, **row, **{"preferences-0-channel": "sms"})

    choice, event = Preference.objects.get(), ConsentEvent.objects.get()
    assert (choice.channel, choice.enabled, choice.type) == ("sms", False, None)
    assert (event.action, event.channel, event.source) == ("withdrawn", "sms", "admin")
    assert event.evidence == {"by": "operator"}
    assert "Added preference “all by sms: no”" in LogEntry.objects.get().get_change_message()


def test_a_choice_is_changed_but_not_what_it_is_about(operator: Client, ada: Recipient) -> None:
    type_ = NotificationType.objects.create(slug="news", name="News", channels=["sms"])
    choice = Preference.objects.create(recipient=ada, type=type_, channel="sms", enabled=False)
    row = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 1, "0-id": choice.pk, "0-recipient": ada.pk}
    said = {f"preferences-{name}": value for name, value in row.items()}

    save(operator, ada, **said, **{"preferences-0-enabled": "on", "preferences-0-channel": "push"})

    choice.refresh_from_db()
    assert (choice.channel, choice.type, choice.enabled) == ("sms", type_, True)
    assert ConsentEvent.objects.get().action == "granted"


def test_a_choice_taken_out_is_unsaid(operator: Client, ada: Recipient) -> None:
    choice = Preference.objects.create(recipient=ada, channel="sms", enabled=False)
    row = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 1, "0-id": choice.pk, "0-recipient": ada.pk}

    save(
        operator,
        ada,
        **{f"preferences-{k}": v for k, v in row.items()},
        **{"preferences-0-DELETE": "on"},
    )

    assert not Preference.objects.exists()
    assert ConsentEvent.objects.get().action == "cleared"


def test_quiet_hours_and_a_pause_leave_proof(operator: Client, ada: Recipient) -> None:
    row = {"TOTAL_FORMS": 1, "0-recipient": ada.pk, "0-start": "22:00", "0-end": "07:00"}
    until = now() + timedelta(days=3)

    save(
        operator,
        ada,
        paused_until_0=f"{until:%Y-%m-%d}",
        paused_until_1="08:00:00",
        **{f"quiet_hours-{name}": value for name, value in row.items()},
    )

    ada.refresh_from_db()
    assert str(QuietHours.objects.get()) == "22:00-07:00"
    assert ada.paused_until is not None
    assert {event.source for event in ConsentEvent.objects.all()} == {"admin"}
    assert {event.about for event in ConsentEvent.objects.all()} == {"quiet_hours", "pause"}


def test_a_zone_that_does_not_exist_is_refused(operator: Client, ada: Recipient) -> None:
    page = save(operator, ada, timezone="Mars/Olympus").content.decode()

    assert "Must be an IANA time zone, such as Europe/Vienna" in page
    assert Recipient.objects.get().timezone == "UTC"


def test_saving_does_not_bring_back_what_was_erased_meanwhile(
    operator: Client, ada: Recipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page was read before the erasure, and is saved after it."""
    from preferences.admin.person_forms import PersonForm

    clean = PersonForm.clean

    def erased_meanwhile(form: PersonForm) -> Any:
        recipient_erase(external_id="ada")
        return clean(form)

    monkeypatch.setattr(PersonForm, "clean", erased_meanwhile)

    save(operator, ada, locale="de")

    ada.refresh_from_db()
    assert ada.erased_at is not None
    assert ada.data_key is None


def test_addresses_are_shown_masked_only(operator: Client, ada: Recipient) -> None:
    contact_point(ada, "slack", "https://hooks.slack.example/services/T0/B0/secret")
    url = reverse("admin:preferences_recipient_change", args=[ada.pk])

    page = operator.get(url).content.decode()

    assert "a***@example.com" in page
    assert "ada@example.com" not in page
    assert "4155550123" not in page
    assert "services/T0" not in page


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a": "\\u0000"}', "[1e999]", '"text"', "[1]", "null"]
)
def test_attributes_that_cannot_be_read_change_nothing(
    operator: Client, ada: Recipient, text: str
) -> None:
    assert save(operator, ada, attributes=text).status_code == 200
    ada.refresh_from_db()
    assert ada.attributes == {}
