"""The page in a real Chromium, without JavaScript as people may have it, and judged by axe."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from notifications.links import our_urls as ours
from notifications.models import Delivery
from notifications.statuses import State
from notifyproj.core.clock import milliseconds, now
from notifyproj.core.ids import uuid7
from preferences.consent.choices import Proof, choice_set
from preferences.models import Preference
from tests.browsing import complaints
from tests.preferences.centre.conftest import Home, home

pytestmark = [pytest.mark.pages, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lived_in(transactional_db: None) -> Home:
    return home()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(
    browser: Browser, site: str, lived_in: Home, scheme: Any
) -> None:
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": 360, "height": 740}, bypass_csp=True
    )
    page = context.new_page()
    page.goto(site + lived_in.path())
    assert complaints(page) == []

    page.get_by_label("Send me nothing between these times").check()
    page.get_by_label("Until").fill("22:00")
    page.get_by_role("button", name="Save times").click()
    expect(page.get_by_label("Until")).to_have_accessible_description(
        "This must differ from the start."
    )
    assert complaints(page) == []

    stop = Proof(source="provider", at=lived_in.ada.created_at)
    choice_set(recipient_id=lived_in.ada.pk, channel="sms", enabled=False, proof=stop)
    page.get_by_role("button", name="Unsubscribe from everything").click()
    assert complaints(page) == []
    context.close()


def test_axe_finds_nothing_on_the_pages_of_a_message(
    browser: Browser, site: str, lived_in: Home
) -> None:
    at = now()
    sent = Delivery.objects.create(
        id=uuid7(milliseconds(at)),
        notification_id=uuid7(milliseconds(at)),
        recipient_id=lived_in.ada.pk,
        contact_point_id=lived_in.mail.pk,
        channel="email",
        type_id=lived_in.offers.pk,
        template_version_id=1,
        lane=1,
        state=State.SENT,
        expires_at=at,
        settled_at=at,
    )
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(site + urlsplit(ours.why_url(str(sent.pk), at)).path)
    assert complaints(page) == []
    stop = page.get_by_role("link", name="Stop").get_attribute("href") or ""
    page.goto(site + urlsplit(stop).path)
    assert complaints(page) == []
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("status")).to_contain_text("You will no longer get")
    context.close()


def test_the_keyboard_alone_changes_a_choice_without_a_script(
    page: Page, site: str, lived_in: Home
) -> None:
    page.goto(site + lived_in.path())
    group = page.get_by_role("group", name="Weekly offers")
    group.get_by_label("Email").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You will no longer get")
    expect(group.get_by_label("Email")).not_to_be_checked()
    assert Preference.objects.get().enabled is False


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_nothing_is_cut_off_on_the_narrowest_phone(
    browser: Browser, site: str, lived_in: Home, direction: str
) -> None:
    """320 px are also 640 at 200 %."""
    lived_in.offers.name = "Donaudampfschifffahrtsgesellschaftskapitänsangebote" * 2
    lived_in.offers.save()
    context = browser.new_context(viewport={"width": 320, "height": 600})
    page = context.new_page()
    page.goto(site + lived_in.path())
    page.evaluate("direction => { document.documentElement.dir = direction }", direction)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()
