"""`<notify-inbox>` on its demo page, in a real Chromium."""

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect

from channels.inbox import services, tokens
from channels.inbox.models import InboxItem
from notifyproj.core import clock
from preferences.models import Recipient
from tests.channels.inbox.written import a_write

pytestmark = [pytest.mark.pages, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def person(transactional_db: None) -> Recipient:
    return Recipient.objects.create(external_id="user-123")


@pytest.fixture
def page(browser: Browser, site: str, person: Recipient) -> Iterator[Page]:
    """The demo page; whatever it complains of in its console fails the test."""
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if _is_bad(m) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site}/inbox/demo/")
    yield page
    context.close()
    assert not complaints


def _is_bad(message: ConsoleMessage) -> bool:
    return message.type == "error" and "401" not in message.text  # an expired token: expected


def store(person: Recipient, *titles: str, link: str = "") -> None:
    for title in titles:
        services.store([a_write(person.id, title, link=link)])


def bell(page: Page, unread: str = "") -> None:
    name = f"Notifications, {unread} unread" if unread else "Notifications"
    expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()


def opened(page: Page) -> Page:
    page.get_by_role("button", name="Notifications").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


def connected(page: Page, person: Recipient) -> None:
    """Until the stream has told the count of one stored item."""
    store(person, "First")
    bell(page, "1")


def test_the_bell_counts_what_arrives(page: Page, person: Recipient) -> None:
    bell(page)
    connected(page, person)
    store(person, "Second")
    bell(page, "2")


def test_an_arrival_appears_on_top_of_the_open_list(page: Page, person: Recipient) -> None:
    connected(page, person)
    opened(page)
    store(person, "Second")
    expect(page.locator("notify-inbox li .title")).to_have_text(["Second", "First"])


def test_an_arrival_while_the_list_loads_is_not_lost(page: Page, person: Recipient) -> None:
    connected(page, person)

    def answer_late(route: Route) -> None:
        answer = route.fetch()
        store(person, "Second")
        page.wait_for_timeout(300)
        route.fulfill(response=answer)

    page.route("**/inbox/api/items?*", answer_late)
    opened(page)
    expect(page.locator("notify-inbox li .title")).to_have_text(["Second", "First"])


def test_mark_all_read_empties_the_count(page: Page, person: Recipient) -> None:
    connected(page, person)
    store(person, "Second")
    bell(page, "2")
    opened(page)
    with page.expect_response("**/read_all"):
        page.get_by_role("button", name="Mark all read").click()
    bell(page)
    expect(page.locator("notify-inbox li.unread")).to_have_count(0)
    assert not InboxItem.objects.filter(read_at=None).exists()


def test_opening_an_item_reads_it(page: Page, person: Recipient) -> None:
    connected(page, person)
    opened(page).get_by_role("button", name="First It is on its way.").click()
    bell(page)


def test_archiving_takes_the_item_away_for_good(page: Page, person: Recipient) -> None:
    connected(page, person)
    opened(page)
    with page.expect_response("**/archive"):
        page.get_by_role("button", name="Archive: First").click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    page.reload()
    opened(page)
    expect(page.get_by_text("Nothing here yet")).to_be_visible()


def test_everything_works_from_the_keyboard(page: Page, person: Recipient) -> None:
    connected(page, person)
    store(person, "Second", "Third")
    bell(page, "3")
    page.get_by_role("button", name="Notifications").focus()
    page.keyboard.press("Enter")
    expect(page.locator("notify-inbox li", has_text="Third").locator(".open")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("notify-inbox li", has_text="Second").locator(".open")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("notify-inbox li .title")).to_have_text(["Third", "First"])
    expect(page.locator("notify-inbox li", has_text="First").locator(".open")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    bell(page, "1")


def test_escape_closes_and_returns_to_the_bell(page: Page) -> None:
    opened(page).keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Notifications")).to_be_focused()


def test_a_long_list_comes_page_by_page(page: Page, person: Recipient) -> None:
    services.store([a_write(person.id, f"News {n}") for n in range(60)])
    bell(page, "60")
    opened(page)
    rows = page.locator("notify-inbox li")
    expect(rows.first).to_be_visible()
    assert rows.count() < 60
    for _ in range(4):
        rows.last.scroll_into_view_if_needed()
        page.wait_for_timeout(150)
    expect(rows).to_have_count(60)


def test_a_link_that_would_run_a_script_is_no_link(page: Page, person: Recipient) -> None:
    store(person, "Bad", link="javascript:alert(1)")
    bell(page, "1")
    opened(page)
    expect(page.locator("notify-inbox li .open")).to_have_count(1)
    expect(page.locator("notify-inbox li a")).to_have_count(0)


def test_markup_in_a_message_stays_text(page: Page, person: Recipient) -> None:
    store(person, "<b>bold</b>")
    bell(page, "1")
    opened(page)
    expect(page.locator("notify-inbox li .title")).to_have_text("<b>bold</b>")


def test_another_window_learns_what_was_read(page: Page, person: Recipient) -> None:
    connected(page, person)
    opened(page)
    ids = list(InboxItem.objects.values_list("id", flat=True))
    services.mark_read(recipient_id=person.id, ids=ids, now=clock.now())
    bell(page)
    expect(page.locator("notify-inbox li.unread")).to_have_count(0)


def test_an_expired_token_is_replaced(page: Page, person: Recipient) -> None:
    past = clock.now() - timedelta(hours=1)
    answers = [json.dumps({"token": tokens.mint(recipient_id=person.id, now=past).value})]

    def answer(route: Route) -> None:
        route.fulfill(body=answers.pop()) if answers else route.continue_()

    page.route("**/inbox/demo/token", answer)
    page.reload()
    connected(page, person)
    assert not answers


def test_it_comes_to_a_browser_in_under_twelve_kilobytes() -> None:
    folder = Path(settings.BASE_DIR) / "notifyproj" / "static" / "inbox"
    assert (folder / "notify-inbox.js").stat().st_size < 12_000
    assert sum(len(gzip.compress(file.read_bytes())) for file in folder.glob("*.js")) < 12_000


MEANS = {"unsubscribe_url": "https://n.example/u/1", "preferences_url": "https://n.example/p/1"}


@pytest.mark.parametrize(("days", "link"), [(0, "preferences_url"), (40, "unsubscribe_url")])
def test_marketing_says_where_to_end_it(
    page: Page, person: Recipient, days: int, link: str
) -> None:
    services.store([a_write(person.id, "Offers", data=MEANS)])
    InboxItem.objects.update(created_at=clock.now() - timedelta(days=days))
    page.reload()

    manage = opened(page).get_by_role("link", name="Manage: Offers")
    expect(manage).to_have_attribute("href", MEANS[link])
    expect(manage).to_be_visible()


def test_other_news_has_no_such_link(page: Page, person: Recipient) -> None:
    store(person, "Order confirmed")

    expect(opened(page).get_by_role("listitem")).to_contain_text("Order confirmed")
    expect(page.get_by_role("link", name="Manage")).to_have_count(0)
