from datetime import time, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from notifyproj.core.clock import now
from preferences.addresses.addresses import new_data_key
from preferences.consent.choices import Proof, choice_set
from preferences.models import (
    Category,
    ConsentEvent,
    NotificationType,
    Preference,
    QuietHours,
    Recipient,
    Suppression,
)
from preferences.recipients.services import recipient_erase
from tests.preferences.centre.conftest import Home


def seen(visitor: Client, home: Home) -> str:
    return read(visitor.get(home.path()))


def read(response: Any) -> str:
    """Without the marks around names."""
    return unescape(response.content.decode()).replace("\u2068", "").replace("\u2069", "")


def post(visitor: Client, home: Home, status: int = 200, **form: Any) -> str:
    response = visitor.post(home.path(), form)
    assert response.status_code == status
    return read(response)


def moved(home: Home, *on: str, was: str = "email") -> dict[str, Any]:
    shown = f"{home.key('email')} {home.key('sms')}"
    return {
        "do": "kinds",
        "shown": shown,
        "was": " ".join(home.key(channel) for channel in was.split()),
        "on": [home.key(channel) for channel in on],
    }


def choices() -> set[tuple[int | None, str, bool]]:
    return set(Preference.objects.values_list("type_id", "channel", "enabled"))


def test_it_shows_what_one_gets_where_one_can_be_reached(at_home: Home, visitor: Client) -> None:
    page = seen(visitor, at_home)
    assert f'value="{at_home.key("email")}" checked' in page
    assert f'value="{at_home.key("sms")}">' in page  # needs a yes, and there is none
    assert at_home.key("push") not in page  # no device
    assert "Offers and ideas" in page
    assert "a***@example.org" in page
    assert "ada@example.org" not in page
    assert "+436601234567" not in page


def test_what_has_to_be_sent_has_no_switch(at_home: Home, visitor: Client) -> None:
    page = seen(visitor, at_home)
    assert "Always on: for your security" in page
    assert f'"{at_home.codes.pk}.' not in page
    key = f"{at_home.codes.pk}.sms"
    post(visitor, at_home, do="kinds", shown=key, was=key)
    assert choices() == set()


def test_a_switch_is_a_choice_with_its_proof_and_told_in_words(
    at_home: Home, visitor: Client
) -> None:
    page = post(visitor, at_home, **moved(at_home, "sms"))

    assert "You will no longer get Weekly offers by email." in page
    assert "You will now get Weekly offers by SMS." in page
    offers = at_home.offers.pk
    assert choices() == {(offers, "email", False), (offers, "sms", True)}
    proofs = ConsentEvent.objects.all()
    assert {(p.channel, p.action) for p in proofs} == {("email", "withdrawn"), ("sms", "granted")}
    assert all((p.source, p.wording) == ("page", "preferences.1.en") for p in proofs)
    assert all(p.ip_hash for p in proofs)


def test_an_old_page_does_not_turn_back_what_was_changed_elsewhere(
    at_home: Home, visitor: Client
) -> None:
    post(visitor, at_home, **moved(at_home, was="email"))
    post(visitor, at_home, **moved(at_home, "email", "sms", was="email"))
    assert (at_home.offers.pk, "email", False) in choices()


def test_saving_what_is_so_already_changes_nothing(at_home: Home, visitor: Client) -> None:
    assert "Nothing was changed." in post(visitor, at_home, **moved(at_home, "email"))
    assert not ConsentEvent.objects.exists()


def test_a_link_is_good_for_thirty_days(at_home: Home, visitor: Client) -> None:
    assert visitor.get(at_home.path(days_ago=29)).status_code == 200
    assert visitor.get(at_home.path(days_ago=30)).status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_link_can_be_made_into_another_persons(
    at_home: Home, visitor: Client, method: str
) -> None:
    other = Recipient.objects.create(external_id="bob", data_key=new_data_key("bob"))
    theirs, mine = at_home._replace(ada=other).path(), at_home.path()
    mixed = theirs[:14] + mine[14:]
    answer = getattr(visitor, method)(mixed, {"do": "stop"})
    assert answer.status_code == 404
    assert "This link does not work" in answer.content.decode()
    assert choices() == set()


def test_a_get_changes_nothing(at_home: Home, visitor: Client) -> None:
    for method in (visitor.get, visitor.head):
        method(at_home.path() + "?do=stop", {"do": "stop"})
    assert choices() == set()


def test_the_page_is_kept_by_nobody_and_runs_no_script(at_home: Home, visitor: Client) -> None:
    page = visitor.get(at_home.path())
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page["X-Robots-Tag"]
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert not page.cookies
    assert b"<script" not in page.content
    assert b" style=" not in page.content


def test_everything_can_be_stopped_and_undone_with_the_choices_as_they_were(
    at_home: Home, visitor: Client
) -> None:
    post(visitor, at_home, **moved(at_home, "email", "sms"))
    page = post(visitor, at_home, do="stop")
    assert "You are unsubscribed from everything." in page
    assert (None, "", False) in choices()
    assert "checked" not in page.split("Quiet hours")[0]

    assert "You are subscribed again" in post(visitor, at_home, do="undo")
    assert choices() == {(at_home.offers.pk, "sms", True)}
    last = ConsentEvent.objects.order_by("-id").values_list("action", flat=True)
    assert list(last)[:2] == ["cleared", "withdrawn"]


def test_a_stopped_channel_can_be_allowed_again(at_home: Home, visitor: Client) -> None:
    choice_set(
        recipient_id=at_home.ada.pk,
        channel="email",
        enabled=False,
        proof=Proof(source="provider", at=now()),
    )
    assert "You stopped all messages by email." in seen(visitor, at_home)
    assert "messages by email again" in post(visitor, at_home, do="allow", channel="email")
    assert choices() == {(None, "email", True)}
    assert "Nothing was changed" in post(visitor, at_home, do="allow", channel="sms")


def test_an_address_that_is_blocked_says_so(at_home: Home, visitor: Client) -> None:
    blocked = {"channel": "email", "address_hash": bytes(at_home.mail.address_hash)}
    Suppression.objects.create(**blocked, reason="bounced", source="provider")
    assert "blocked: messages came back" in seen(visitor, at_home)


def test_a_break_ends_by_itself_or_at_once(at_home: Home, visitor: Client) -> None:
    assert "Nothing is sent until" in post(visitor, at_home, do="break", days="7")
    at_home.ada.refresh_from_db()
    assert at_home.ada.paused_until
    assert timedelta(days=6) < at_home.ada.paused_until - now() <= timedelta(days=7)
    assert "The break is over" in post(visitor, at_home, do="resume")
    at_home.ada.refresh_from_db()
    assert at_home.ada.paused_until is None


def test_hours_and_zone_are_set_together(at_home: Home, visitor: Client) -> None:
    form = {"do": "hours", "quiet": "1", "start": "21:30", "end": "07:00", "zone": "Asia/Tokyo"}
    page = post(visitor, at_home, 200, **form)
    assert "You get nothing between 21:30 and 07:00, Asia/Tokyo time." in page
    hours = QuietHours.objects.get()
    assert (hours.start, hours.end) == (time(21, 30), time(7))

    page = post(visitor, at_home, do="hours", zone="Asia/Tokyo", start="21:30", end="07:00")
    assert "You have no quiet hours." in page
    assert not QuietHours.objects.exists()
    at_home.ada.refresh_from_db()
    assert at_home.ada.timezone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"start": "25:00"}, "Enter a time"),
        ({"end": ""}, "Enter a time"),
        ({"end": "21:30"}, "must differ from the start"),
        ({"zone": "Mars/Olympus"}, "Choose a time zone"),
    ],
)
def test_wrong_hours_are_kept_as_typed_and_corrected_beside_the_field(
    at_home: Home, visitor: Client, wrong: dict[str, str], words: str
) -> None:
    form = {"do": "hours", "quiet": "1", "start": "21:30", "end": "07:00", "zone": "Asia/Tokyo"}
    page = post(visitor, at_home, 400, **{**form, **wrong})
    assert words in page
    assert 'aria-invalid="true"' in page
    if "start" not in wrong:
        assert 'value="21:30"' in page
    assert not QuietHours.objects.exists()


@pytest.mark.parametrize(
    "form",
    [{}, {"do": "everything"}, {"do": "break", "days": "9999"}, {"do": "stop", "x": "y" * 70_000}],
)
def test_a_form_nobody_knows_changes_nothing(
    at_home: Home, visitor: Client, form: dict[str, Any]
) -> None:
    assert "nothing was changed" in post(visitor, at_home, 400, **form)
    assert choices() == set()


def test_a_person_who_was_erased_has_no_page(at_home: Home, visitor: Client) -> None:
    path = at_home.path()
    recipient_erase(external_id="ada")
    assert visitor.get(path).status_code == 404
    assert visitor.post(path, {"do": "stop"}).status_code == 404


def test_it_speaks_the_persons_language(at_home: Home, visitor: Client) -> None:
    at_home.ada.locale = "de-AT"
    at_home.ada.save()
    page = post(visitor, at_home, **moved(at_home))
    assert '<html lang="de">' in page
    assert "Sie bekommen Weekly offers nicht mehr per E-Mail." in page
    assert ConsentEvent.objects.get().wording == "preferences.1.de"


def test_it_calls_the_news_as_the_persons_language_does(at_home: Home, visitor: Client) -> None:
    NotificationType.objects.filter(pk=at_home.offers.pk).update(
        names={"de": "Angebote der Woche"}, descriptions={"de": "Was jetzt günstig ist."}
    )
    Category.objects.update(names={"de": "Für Mußestunden"})
    assert "Weekly offers" in seen(visitor, at_home)
    at_home.ada.locale = "de-AT"
    at_home.ada.save()

    page = post(visitor, at_home, **moved(at_home))

    assert "Sie bekommen Angebote der Woche nicht mehr per E-Mail." in page
    assert "Was jetzt günstig ist." in page
    assert "Für Mußestunden" in page
    assert "Weekly offers" not in page


def test_names_are_text_and_never_markup(at_home: Home, visitor: Client) -> None:
    NotificationType.objects.update(name="<b>{brand}</b>")
    response = visitor.post(at_home.path(), moved(at_home))
    assert b"<b>" not in response.content
    assert "You will no longer get <b>{brand}</b> by email." in read(response)


def test_the_copy_of_ones_data_is_complete_and_masked(at_home: Home, visitor: Client) -> None:
    post(visitor, at_home, **moved(at_home))
    response = visitor.get(at_home.path() + "/copy")
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["Cache-Control"] == "no-store"
    copy = response.json()
    assert copy["profile"]["id"] == "ada"
    assert {place["hint"] for place in copy["addresses"]} == {"+43…67", "a***@example.org"}
    assert [row["kind"] for row in copy["choices"]] == ["Weekly offers"]
    assert copy["consent_history"][0]["source"] == "page"
    assert b"Lovelace" not in response.content
    assert visitor.get(at_home.path(days_ago=31) + "/copy").status_code == 404
