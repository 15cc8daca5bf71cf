from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import DataError, OperationalError
from django.test import Client

from channels.base import EventKind
from notifications.links import buffer, events
from notifications.links import our_urls as ours
from notifications.links.events import Seen, write
from notifications.models import Event
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import milliseconds, now
from notifyproj.core.ids import uuid7
from tests.notifications.links.conftest import Sent, path

URL = "https://shop.example/offers?user=ada#top"


def test_a_click_leads_where_the_message_says_and_counts(sent: Sent, browser: Client) -> None:
    response = browser.get(sent.click_path(URL))

    assert (response.status_code, response["Location"]) == (302, URL)
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert not response.cookies
    assert buffer.writer().flush()
    event = Event.objects.get()
    assert (event.delivery_id, event.kind, event.machine) == (sent.delivery.pk, "clicked", False)
    assert event.detail == "https://shop.example/offers"  # what is about the person is left out
    assert sent.outcome() == ProviderOutcome.CLICKED


def test_a_pixel_is_an_image_and_counts_an_open(sent: Sent, browser: Client) -> None:
    response = browser.get(sent.open_path())

    assert response["Content-Type"] == "image/gif"
    assert response.content[:6] == b"GIF89a"
    assert "no-store" in response["Cache-Control"]
    assert buffer.writer().flush()
    assert Event.objects.get().kind == "opened"
    assert sent.outcome() == ProviderOutcome.OPENED


def test_what_comes_again_changes_nothing(sent: Sent, browser: Client) -> None:
    for _ in range(3):
        browser.get(sent.open_path())
        browser.get(sent.click_path(URL))
        browser.get(sent.click_path("https://shop.example/help"))
    buffer.writer().flush()
    browser.get(sent.open_path())
    buffer.writer().flush()

    assert sorted(Event.objects.values_list("kind", flat=True)) == ["clicked", "clicked", "opened"]
    assert sent.outcome() == ProviderOutcome.CLICKED


def test_a_bot_is_shown_apart_and_says_nothing_of_the_person(sent: Sent, browser: Client) -> None:
    browser.get(sent.open_path(), headers={"user-agent": "Mozilla/5.0"})
    browser.get(sent.click_path(URL), headers={"user-agent": "Mimecast/1.0"})
    buffer.writer().flush()
    assert sent.outcome() == ProviderOutcome.DELIVERED

    browser.get(sent.open_path())
    buffer.writer().flush()
    assert sent.outcome() == ProviderOutcome.OPENED
    seen = sorted(Event.objects.values_list("kind", "machine", "code"))
    assert seen == [
        ("clicked", True, "mimecast"),
        ("opened", False, ""),
        ("opened", True, "apple_privacy"),
    ]


def test_head_counts_nothing(sent: Sent, browser: Client) -> None:
    assert browser.head(sent.click_path(URL)).status_code == 302
    assert browser.head(sent.open_path()).status_code == 200
    buffer.writer().flush()
    assert not Event.objects.exists()


def test_an_open_never_lowers_what_is_known(sent: Sent, browser: Client) -> None:
    type(sent.delivery).objects.update(outcome=ProviderOutcome.BOUNCED)
    browser.get(sent.click_path(URL))
    buffer.writer().flush()
    assert sent.outcome() == ProviderOutcome.BOUNCED


@pytest.mark.parametrize("wrong", ["https://evil.example/", "x", "%01", "a" * 9_000])
def test_a_link_leads_nowhere_else(browser: Client, wrong: str) -> None:
    assert browser.get(f"/t/c/{wrong}").status_code == 404
    assert browser.get(f"/t/o/{wrong}.gif").status_code == 404


def test_a_link_of_another_kind_leads_nowhere(sent: Sent, browser: Client) -> None:
    unsubscribe = sent.unsubscribe_path().removeprefix("/u/")
    assert browser.get(f"/t/c/{unsubscribe}").status_code == 404
    assert browser.get(sent.click_path(URL) + "x").status_code == 404


def test_a_link_leads_on_while_the_database_is_away(
    sent: Sent, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: object) -> None:
        raise OperationalError("the server is gone")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(events, "write", away)
        assert browser.get(sent.click_path(URL)).status_code == 302
        assert not buffer.writer().flush()

    assert buffer.writer().flush()
    assert Event.objects.get().kind == "clicked"


def test_a_link_of_a_year_ago_still_leads_on_uncounted(sent: Sent, browser: Client) -> None:
    old = str(uuid7(milliseconds(sent.at - timedelta(days=365))))
    assert browser.get(path(ours.click_url(old, sent.at, URL))).status_code == 302
    buffer.writer().flush()
    assert not Event.objects.exists()


def test_one_of_a_day_the_log_has_no_more_is_left_out(sent: Sent) -> None:
    no_day = str(uuid7(milliseconds(sent.at + timedelta(days=60))))
    for id_ in (no_day, str(sent.delivery.pk)):
        buffer.count(Seen(id_, EventKind.OPENED, now()))
    assert buffer.writer().flush()
    assert Event.objects.get().delivery_id == sent.delivery.pk


def test_one_that_cannot_be_written_does_not_take_the_others_with_it(
    sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def picky(seen: Sequence[Seen]) -> None:
        if any(item.url == "odd" for item in seen):
            raise DataError
        write(seen)

    monkeypatch.setattr(events, "write", picky)
    for url in (URL, "odd"):
        buffer.count(
            Seen(
                delivery_id=str(sent.delivery.pk), kind=EventKind.CLICKED, at=now(), bot="", url=url
            )
        )
    assert buffer.writer().flush()
    assert Event.objects.count() == 1


def test_a_click_settles_a_delivery_nobody_answered_for(sent: Sent, browser: Client) -> None:
    """Who clicks on a message has it."""
    type(sent.delivery).objects.update(state=State.UNCERTAIN, outcome=0, reason="no_answer")
    browser.get(sent.click_path(URL))
    buffer.writer().flush()
    assert type(sent.delivery).objects.get().state == State.SENT
