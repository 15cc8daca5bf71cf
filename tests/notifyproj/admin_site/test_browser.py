"""The admin in a real Chromium, judged by axe, wide and on a phone, light and dark."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from notifications.models import Delivery
from preferences.models import Preference
from tests.browsing import complaints, log_in
from tests.flows.steps import send
from tests.world import World, make_world

pytestmark = [pytest.mark.pages, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("notifications.dispatch.dispatch.publish", lambda rows: True)
    made = make_world("http://127.0.0.1:9")
    ada = made.person("ada", token="a" * 64)
    send(made, user_id="ada")
    Preference.objects.create(recipient=ada, type=made.type, enabled=False)
    send(made, user_id="ada")
    return made


WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}


@pytest.fixture(params=[("light", WIDE), ("dark", PHONE)], ids=["wide", "phone"])
def page(request: Any, browser: Browser, site: str, world: World) -> Iterator[Page]:
    scheme, size = request.param
    context = browser.new_context(color_scheme=scheme, viewport=size, bypass_csp=True)
    enter(context, site)
    yield context.new_page()
    context.close()


def enter(context: BrowserContext, site: str) -> None:
    user = User.objects.create_user("op", is_staff=True)
    user.groups.add(Group.objects.get(name="operator"))
    log_in(context, site, user)


def test_axe_finds_nothing_on_our_pages(page: Page, site: str) -> None:
    delivery = Delivery.objects.earliest("pk")
    pages = ["/admin/"]
    if page.viewport_size == PHONE:
        pages += [f"/admin/notifications/delivery/{delivery.pk}/change/"]
        pages += [f"/admin/notifications/notification/{delivery.notification_id}/change/"]
        pages += ["/admin/notifications/delivery/"]
    found = {}
    for path in pages:
        page.goto(site + path)
        page.wait_for_load_state("load")
        if wrong := complaints(page):
            found[path] = wrong
    assert found == {}


@pytest.mark.parametrize("page", [("dark", PHONE)], indirect=True, ids=["phone"])
def test_from_a_number_on_the_first_page_to_the_story_of_a_delivery(page: Page, site: str) -> None:
    page.goto(site + "/admin/")
    page.locator("td a[href*='channel=push'][href*='state=skipped']").click()
    page.locator("#result_list a", has_text="skipped").first.click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(
        page.get_by_text("The person opted out of this type on this channel").first
    ).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_nothing_on_a_page_is_refused_by_its_own_policy(
    browser: Browser, site: str, world: World
) -> None:
    context = browser.new_context()
    enter(context, site)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for path in ("/admin/", "/admin/notifications/delivery/"):
        page.goto(site + path)
        page.wait_for_load_state("networkidle")
    assert [text for text in said if "Content Security Policy" in text] == []
    context.close()
