"""A campaign from its first word to its report, in a real Chromium, judged by axe."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from notifications.campaigns.models import Campaign
from tests.browsing import complaints, log_in
from tests.flows.campaigns.steps import crowd, go_on
from tests.flows.campaigns.test_admin_site import page as path
from tests.flows.campaigns.test_admin_site import somebody
from tests.world import World

pytestmark = pytest.mark.pages


@pytest.fixture
def page(browser: Browser, site: str, world: World) -> Iterator[Page]:
    context = browser.new_context(bypass_csp=True, viewport={"width": 1280, "height": 900})
    log_in(context, site, somebody("marketer"))
    yield context.new_page()
    context.close()


def fine(page: Page) -> None:
    """For axe; and on a phone in the dark nothing is cut off."""
    assert complaints(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert complaints(page) == []
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_marketer_writes_launches_stops_and_reads(page: Page, site: str, world: World) -> None:
    crowd(world, 4)
    page.goto(site + path("add"))
    page.get_by_label("Name", exact=True).fill("Spring")
    page.get_by_label("Notification type").select_option("Order news")
    page.get_by_label("Template", exact=True).first.select_option("order-v1")
    page.get_by_label("order id").fill("A-77")
    expect(page.locator("#preview")).to_contain_text("Order A-77")
    expect(page.get_by_label("Time", exact=True)).to_be_hidden()
    page.get_by_label("Specific time").check()
    expect(page.get_by_label("Time", exact=True)).to_be_visible()
    page.get_by_label("Immediately on launch").check()
    page.get_by_label("No canary: send to everyone at once").check()
    fine(page)

    page.get_by_role("button", name="Review", exact=True).click()
    button = page.get_by_role("button", name="Send to about 4 people")
    expect(button).to_be_visible()
    fine(page)
    button.click()
    expect(page.get_by_role("heading", name="Sending to everyone")).to_be_visible()

    page.get_by_role("link", name="Pause").click()
    page.get_by_label("Reason").fill("A typo")
    fine(page)
    page.get_by_role("button", name=re.compile("^Pause")).click()
    expect(page.get_by_text("Paused by a-marketer: A typo.")).to_be_visible()
    fine(page)
    page.get_by_role("link", name="Resume campaign").click()
    page.get_by_role("button", name=re.compile("^Resume")).click()

    go_on()
    expect(page.locator("[data-text=visited]")).to_have_text("4")  # by itself
    page.get_by_role("link", name="Report").click()
    expect(page.get_by_text("4 created =")).to_be_visible()
    fine(page)
    page.goto(site + path("changelist"))
    expect(page.get_by_text("4 of about 4")).to_be_visible()
    assert Campaign.objects.get().variables == {"order_id": "A-77"}
