"""The rule builder and its neighbours in a real Chromium, with the keyboard, and judged by axe."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page, expect

from notifications.segments.models import Segment, SegmentMember
from notifications.segments.services import SegmentFields, segment_create
from preferences.models import Recipient
from tests.browsing import complaints, log_in

pytestmark = pytest.mark.pages

ADD = "/admin/segments/segment/add/"
FRAME = {"landmark-one-main", "region"}  # of Unfold's pages, all of them
Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, site: str, transactional_db: None) -> Iterator[Open]:
    """`open_page("/admin/…")`, logged in. A script that fails fails the test."""
    Recipient.objects.bulk_create(
        Recipient(external_id=f"user-{n}", attributes={"plan": ["free", "pro", "team"][n % 3]})
        for n in range(60)
    )
    ada = User.objects.create_superuser("ada")
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_(path: str, without: str = "", **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        log_in(context, site, ada)
        page = context.new_page()
        if without:
            page.route(f"**/{without}", lambda route: route.abort())
        page.on("pageerror", lambda error: errors.append(f"{error} {error.stack}"))
        page.goto(site + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []


def own_complaints(page: Page) -> list[Any]:
    return [each for each in complaints(page) if each[0] not in FRAME]


def condition(page: Page, number: int) -> Any:
    return page.locator(".segment-row").nth(number)


def test_a_marketer_builds_a_rule_sees_the_count_and_saves(open_page: Open) -> None:
    page = open_page(ADD)
    count = page.locator(".segment-count")
    page.get_by_label("Name").fill("Pros who are left")
    first = condition(page, 0)
    first.get_by_label("Attribute", exact=True).fill("plan")
    expect(first).to_contain_text("is: Must be a string of 1 to 200 characters.")
    first.get_by_label("Value").fill("pro")
    expect(count).to_have_text("20 people")
    expect(page.locator(".segment-outlook li")).to_have_count(10)

    page.get_by_role("button", name="Add a condition").click()
    expect(condition(page, 1).get_by_label("Condition")).to_be_focused()
    condition(page, 1).get_by_label("Condition").select_option("reachable")
    condition(page, 1).get_by_label("Is true").select_option("no")
    condition(page, 1).get_by_label("Channel").select_option("sms")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("was added successfully")).to_be_visible()
    segment = Segment.objects.get()
    assert segment.rules == {
        "all": [{"attribute": "plan", "is": "pro"}, {"not": {"reachable": "sms"}}]
    }
    assert (segment.slug, segment.last_count) == ("pros-who-are-left", 20)


def test_every_kind_of_rule_comes_back_as_it_was_saved(open_page: Open) -> None:
    rules = {
        "any": [
            {"not": {"all": [{"locale": ["de", "en-GB"]}, {"timezone": "Europe/"}]}},
            {"attribute": "age", "between": [18, 30.5]},
            {"attribute": "code", "in": ["5", 5, True]},
            {"not": {"attribute": "since", "within_days": 3}},
            {"created": {"before": "2026-01-31"}},
            {"activity": "clicked", "within_days": 7, "at_least": 2},
            {"activity": "received"},
            {"member_of_upload": True},
        ]
    }
    segment = segment_create(slug="all", fields=SegmentFields(name="All", rules=rules))
    page = open_page(f"/admin/segments/segment/{segment.pk}/change/")
    page.get_by_role("button", name="Add a condition").last.click()
    page.get_by_role("button", name="Remove: Attribute").last.click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    segment.refresh_from_db()
    assert segment.rules["any"][0] == {
        "not": {"all": [{"locale": ["de", "en-GB"]}, {"timezone": "Europe/"}]}
    }
    assert segment.rules == rules


def test_without_the_builder_the_rules_are_json(open_page: Open) -> None:
    page = open_page(ADD, without="builder.js")
    page.get_by_label("Name").fill("Pros")
    page.get_by_label("Rules").fill('{"attribute": "plan", "is": "pro"}')
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("20 people")).to_be_visible()


def test_a_list_is_uploaded_with_its_progress(open_page: Open, tmp_path: Path) -> None:
    segment = segment_create(
        slug="listed", fields=SegmentFields(name="Listed", rules={"member_of_upload": True})
    )
    file = tmp_path / "list.csv"
    file.write_text("id\nuser-1\nuser-2\nnobody\n")
    page = open_page(f"/admin/segments/segment/{segment.pk}/upload/")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("cell", name="No recipient has this id.")).to_be_visible()
    assert SegmentMember.objects.count() == 2


def test_axe_finds_nothing_on_a_phone_and_nothing_is_cut_off(open_page: Open, site: str) -> None:
    rules = {"all": [{"member_of_upload": True}, {"any": [{"activity": "opened"}]}]}
    segment = segment_create(slug="some", fields=SegmentFields(name="Some", rules=rules))
    one = f"/admin/segments/segment/{segment.pk}"
    page = open_page(f"{one}/change/", viewport={"width": 360, "height": 740}, bypass_csp=True)
    expect(page.locator(".segment-count")).not_to_be_empty()
    assert own_complaints(page) == []
    page.emulate_media(color_scheme="dark")
    assert own_complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for path in (f"{one}/people/?person=user-1", f"{one}/upload/"):
        page.goto(site + path)
        assert own_complaints(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
