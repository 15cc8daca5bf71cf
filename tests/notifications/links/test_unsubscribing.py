from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from notifications.links import buffer
from notifications.models import Delivery, Event
from notifyproj.core.clock import milliseconds, now
from notifyproj.core.ids import instant_of, uuid7
from preferences.centre.links import preferences_url
from preferences.consent.choices import Proof, choice_set
from preferences.models import ConsentEvent, Preference
from preferences.recipients.services import recipient_erase
from tests.notifications.links.conftest import Sent

FORM = "application/x-www-form-urlencoded"
ONE_CLICK = "List-Unsubscribe=One-Click"
MULTIPART = (
    '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
)


def read(response: Any) -> str:
    """Without the marks around names."""
    return str(response.content.decode()).replace("\u2068", "").replace("\u2069", "")


def choices() -> list[tuple[int | None, str, bool]]:
    return list(Preference.objects.values_list("type_id", "channel", "enabled"))


@pytest.mark.parametrize(
    ("body", "content_type"), [(ONE_CLICK, FORM), (MULTIPART, "multipart/form-data; boundary=b")]
)
def test_one_click_unsubscribes_without_cookie_or_redirect(
    sent: Sent, browser: Client, body: str, content_type: str
) -> None:
    response = browser.post(sent.unsubscribe_path(), body, content_type=content_type)

    assert response.status_code == 200
    assert not response.cookies
    assert choices() == [(sent.type.pk, "email", False)]
    consent = ConsentEvent.objects.get()
    assert (consent.action, consent.source) == ("withdrawn", "one_click")
    assert consent.evidence == {"delivery_id": str(sent.delivery.pk)}
    assert bytes(consent.address_hash or b"") == bytes(sent.point.address_hash)
    assert consent.ip_hash is None  # it would be the mail provider's


def test_one_click_twice_is_one_choice_with_one_proof(sent: Sent, browser: Client) -> None:
    for _ in range(2):
        answer = browser.post(sent.unsubscribe_path(), ONE_CLICK, content_type=FORM)
        assert answer.status_code == 200
    buffer.writer().flush()
    assert ConsentEvent.objects.count() == 1
    assert Event.objects.get().kind == "unsubscribed"


def test_a_get_changes_nothing(sent: Sent, browser: Client) -> None:
    page = browser.get(sent.unsubscribe_path() + "?List-Unsubscribe=One-Click&do=unsubscribe")
    text = read(page)
    assert "Stop Weekly offers by email?" in text
    assert "a***@example.org" in text
    assert "ada@example.org" not in text
    browser.head(sent.unsubscribe_path())
    assert choices() == []
    assert not ConsentEvent.objects.exists()


def test_the_page_tells_nobody_its_address_and_runs_no_script(sent: Sent, browser: Client) -> None:
    page = browser.get(sent.unsubscribe_path())
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert b"<script" not in page.content
    assert b" style=" not in page.content


def test_it_speaks_the_persons_language(sent: Sent, browser: Client) -> None:
    sent.ada.locale = "de-AT"
    sent.ada.save()
    page = read(browser.post(sent.unsubscribe_path(), "do=unsubscribe", content_type=FORM))
    assert "Sie bekommen Weekly offers nicht mehr per E-Mail." in page
    assert ConsentEvent.objects.get().wording == "unsubscribe.2.de"


def test_it_leads_to_the_settings_only_as_long_as_the_messages_own_link(
    sent: Sent, browser: Client
) -> None:
    page = browser.get(sent.unsubscribe_path()).content.decode()
    assert preferences_url(sent.ada.pk, instant_of(sent.delivery.pk)) in page
    old = sent._replace(delivery=Delivery(pk=uuid7(milliseconds(now() - timedelta(days=31)))))
    page = browser.get(old.unsubscribe_path()).content.decode()
    assert "Weekly offers" in page
    assert "/p/" not in page.replace("/p/theme.css", "")


def test_the_button_unsubscribes_and_undo_takes_it_back(sent: Sent, browser: Client) -> None:
    done = browser.post(sent.unsubscribe_path(), "do=unsubscribe", content_type=FORM)
    assert "You will no longer get Weekly offers by email" in read(done)
    assert "You are unsubscribed" in browser.get(sent.unsubscribe_path()).content.decode()

    undone = browser.post(sent.unsubscribe_path(), "do=undo", content_type=FORM)
    assert "You are subscribed again" in undone.content.decode()
    assert choices() == [(sent.type.pk, "email", True)]
    said = ConsentEvent.objects.order_by("id").values_list("action", "source", "wording")
    by_hand = ("unsubscribe_page", "unsubscribe.2.en")
    assert list(said) == [("withdrawn", *by_hand), ("granted", *by_hand)]
    assert all(event.ip_hash for event in ConsentEvent.objects.all())


@pytest.mark.parametrize("body", ["", "List-Unsubscribe=yes", "do=everything", "x=" + "y" * 20_000])
def test_a_post_that_asks_for_nothing_changes_nothing(
    sent: Sent, browser: Client, body: str
) -> None:
    answer = browser.post(sent.unsubscribe_path(), body, content_type=FORM)
    assert answer.status_code == 400
    assert b"<button" in answer.content  # what can be done
    assert choices() == []


def test_what_has_to_be_sent_cannot_be_stopped_and_the_page_says_so(
    sent: Sent, browser: Client
) -> None:
    sent.type.mandatory = True
    sent.type.save()
    page = browser.get(sent.unsubscribe_path()).content.decode()
    assert "cannot be switched off" in page
    assert "<button" not in page


def test_who_stopped_everything_is_not_offered_an_undo_that_would_not_help(
    sent: Sent, browser: Client
) -> None:
    choice_set(recipient_id=sent.ada.pk, channel="", enabled=False, proof=Proof("api", now()))
    page = browser.get(sent.unsubscribe_path()).content.decode()
    assert "You are unsubscribed" in page
    assert "<button" not in page


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_is_not_ours_gets_a_kind_page(sent: Sent, browser: Client, method: str) -> None:
    answer = getattr(browser, method)(sent.unsubscribe_path()[:-2] + "zz")
    assert answer.status_code == 404
    assert "This link does not work" in answer.content.decode()


def test_a_person_who_was_erased_can_still_say_no(sent: Sent, browser: Client) -> None:
    path = sent.unsubscribe_path()
    recipient_erase(external_id="ada")
    assert browser.post(path, ONE_CLICK, content_type=FORM).status_code == 200
    assert choices() == [(sent.type.pk, "email", False)]


def test_a_type_that_is_gone_has_nothing_to_stop(sent: Sent, browser: Client) -> None:
    path = sent.unsubscribe_path()
    sent.type.delete()
    assert browser.post(path, ONE_CLICK, content_type=FORM).status_code == 404
