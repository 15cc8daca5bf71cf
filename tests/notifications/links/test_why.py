from datetime import datetime, timedelta
from html import unescape
from uuid import UUID

import pytest
from django.test import Client

from notifications.links import our_urls as ours
from notifications.models import Delivery
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import now
from preferences.centre.links import preferences_url
from preferences.consent.choices import Proof, choice_set
from preferences.models import ConsentEvent, Preference
from preferences.recipients.services import recipient_erase
from tests.notifications.links.conftest import Sent, path


def why(browser: Client, sent: Sent, **changes: object) -> str:
    Delivery.objects.update(**changes) if changes else None
    answer = browser.get(path(ours.why_url(str(sent.delivery.pk), sent.at)))
    assert answer.status_code == 200
    return unescape(answer.content.decode()).replace("\u2068", "").replace("\u2069", "")


def test_it_says_what_went_where_and_why(sent: Sent, browser: Client) -> None:
    page = why(browser, sent)
    assert "<h1>Why did I get this?</h1>" in page
    assert "sends Weekly offers by email unless you switch it off" in page
    assert "It was delivered" in page
    assert "a***@example.org" in page
    assert "ada@example.org" not in page


@pytest.mark.parametrize(
    ("trace", "words"),
    [
        ("chosen_type am5/d:2", "You chose to get Weekly offers by email."),
        ("chosen_category", "You chose to get this group of news"),
        ("mandatory", "because the law requires it"),
    ],
)
def test_the_ground_is_the_one_written_down_when_it_was_sent(
    sent: Sent, browser: Client, trace: str, words: str
) -> None:
    assert words in why(browser, sent, trace=trace)


def test_of_a_message_without_a_trace_it_tells_what_would_hold_now(
    sent: Sent, browser: Client
) -> None:
    by_hand = Proof(source="page", at=now())
    choice_set(
        recipient_id=sent.ada.pk,
        type_id=sent.type.pk,
        channel="email",
        enabled=True,
        proof=by_hand,
    )
    assert "You chose to get Weekly offers by email." in why(browser, sent)


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (State.SKIPPED, "opted_out", "You chose not to get Weekly offers by email."),
        (State.SKIPPED, "over_cap", "as many messages as we send"),
        (State.WAITING, "quiet_hours", "until your quiet hours are over"),
        (State.EXPIRED, "expired", "Its time had passed."),
        (State.FAILED, "421-4.7.0", "It could not be delivered"),
    ],
)
def test_what_was_not_sent_is_explained_too(
    sent: Sent, browser: Client, state: State, reason: str, words: str
) -> None:
    page = why(browser, sent, state=state, outcome=ProviderOutcome.NONE, reason=reason)
    assert "<h1>Why did I not get this?</h1>" in page
    assert words in page
    assert "421-4.7.0" not in page
    assert ("/u/" in page) is (state != State.SKIPPED)


def test_a_bounce_is_no_arrival(sent: Sent, browser: Client) -> None:
    assert "It could not be delivered" in why(browser, sent, outcome=ProviderOutcome.BOUNCED)


def test_it_leads_to_the_settings_by_a_link_no_younger_than_itself(
    sent: Sent, browser: Client
) -> None:
    page = why(browser, sent)
    assert preferences_url(sent.ada.pk, sent.at) in page
    assert sent.unsubscribe_path() in page


@pytest.mark.parametrize("made_at", [now() - timedelta(days=31), ours.LONG_AGO])
def test_an_old_link_and_one_for_readers_only_tell(
    sent: Sent, browser: Client, made_at: datetime
) -> None:
    page = browser.get(path(ours.why_url(str(sent.delivery.pk), made_at))).content.decode()
    assert "It was delivered" in page
    assert "/u/" not in page
    assert "/p/" not in page.replace("/p/theme.css", "")


def test_what_has_to_be_sent_offers_no_way_to_stop_it(sent: Sent, browser: Client) -> None:
    sent.type.mandatory = True
    sent.type.save()
    page = why(browser, sent, trace="mandatory")
    assert "for your security" in page
    assert "/u/" not in page


def test_looking_changes_nothing(sent: Sent, browser: Client) -> None:
    link = path(ours.why_url(str(sent.delivery.pk), sent.at))
    assert browser.post(link, {"do": "stop"}).status_code in (403, 405)
    browser.get(link)
    assert not Preference.objects.exists()
    assert not ConsentEvent.objects.exists()


def test_a_link_of_another_kind_or_to_nothing_gets_a_kind_page(sent: Sent, browser: Client) -> None:
    opened = sent.open_path().removeprefix("/t/o/").removesuffix(".gif")
    nothing = path(ours.why_url(str(UUID(int=7)), sent.at))
    for link in (f"/w/{opened}", nothing):
        assert "This link does not work" in browser.get(link).content.decode()


def test_of_somebody_erased_nothing_is_told(sent: Sent, browser: Client) -> None:
    link = path(ours.why_url(str(sent.delivery.pk), sent.at))
    recipient_erase(external_id="ada")
    assert browser.get(link).status_code == 404
