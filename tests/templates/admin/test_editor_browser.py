"""Writing, previewing, testing and publishing in a real Chromium, and what axe says of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from notifications.models import Notification
from preferences.models import NotificationType
from templates.models import MessageTemplate
from templates.versions.services import (
    Content,
    draft_of,
    draft_save,
    template_create,
    version_publish,
)
from tests.committed import committed_rows
from tests.world import forget_all, make_world

pytestmark = pytest.mark.pages

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PARTS = {
    "push": {"default": {"title": "Order {{ order_id }}", "body": "Test sent."}},
    "email": {
        "default": {
            "subject": "Order {{ order_id }}",
            "html": "<h1>Hello {{ person.first_name|default('you') }}</h1><p>{{ total }}</p>",
        },
        "de": {"subject": "Bestellung {{ order_id }}", "html": "<h1>Hallo</h1>"},
    },
    "sms": {"default": {"body": "Order {{ order_id }} is on its way."}},
}


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Content types stay: the process that serves the pages remembers them."""
    with committed_rows(django_db_blocker):
        yield
    with django_db_blocker.unblock():
        connection.close()  # beside Playwright's loop, Django has one of its own


@pytest.fixture
def order(transactional_db: None) -> MessageTemplate:
    template = template_create(slug="order-news", name="Order news")
    version_publish(version=draft_save(template=template, content=Content(PARTS)), by="maria")
    return template


@pytest.fixture
def context(browser: Browser, transactional_db: None, site: str) -> Iterator[BrowserContext]:
    """Logged in as somebody who may do everything."""
    client = Client()
    root = get_user_model().objects.create_superuser("root")
    client.force_login(root)
    context = browser.new_context(bypass_csp=False, viewport={"width": 1440, "height": 1000})
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}
    context.add_cookies([cookie])  # type: ignore[list-item]
    yield context
    context.close()
    root.delete()


@pytest.fixture
def page(context: BrowserContext, site: str, order: MessageTemplate) -> Page:
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.wrong = wrong  # type: ignore[attr-defined]
    page.goto(f"{site}/admin/message_templates/messagetemplate/{order.pk}/change/")
    return page


def complaints(page: Page) -> list[Any]:
    found = Axe().run(page, context="#main", options=RULES).response["violations"]
    return [(each["id"], [node["html"][:150] for node in each["nodes"]]) for each in found]


def test_a_marketer_writes_sees_mends_and_publishes(page: Page, order: MessageTemplate) -> None:
    phone = page.get_by_role("group", name="iPhone lock screen")
    expect(phone).to_contain_text("Order order id")

    page.get_by_role("tab", name="SMS").click()
    page.get_by_label("Body", exact=True).fill("Order {{ order_id }} of {{ person.first_name ")
    expect(page.get_by_label("Body", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("listitem").filter(has_text="sms / default / body")).to_be_visible()

    page.get_by_label("Body", exact=True).fill(
        "Łódź: order {{ order_id }} " + "is on its way. " * 4
    )
    expect(page.get_by_role("group", name="SMS", exact=True)).to_contain_text("2 SMS")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").first).to_have_text("Saved.")

    page.get_by_role("link", name="Publish…").click()
    expect(page.get_by_role("region", name="sms / default / body")).to_contain_text("Łódź")
    page.get_by_label("Change note").fill("Polish")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published order-news-v2.")).to_be_visible()
    assert order.versions.get(number=2).published_by == "root"
    assert page.wrong == []  # type: ignore[attr-defined]


def test_a_language_starts_from_the_default_and_a_mail_is_shown_in_its_frame(
    page: Page, order: MessageTemplate
) -> None:
    page.get_by_role("tab", name="Email").click()
    mail = page.frame_locator("iframe[title^='Email as']")
    expect(mail.get_by_role("heading")).to_have_text("Hello first name")
    page.get_by_role("button", name="de", exact=True).click()
    expect(mail.get_by_role("heading")).to_have_text("Hallo")

    page.get_by_role("tab", name="Push").click()
    expect(page.get_by_text("Push has no content for")).to_be_visible()
    page.get_by_role("button", name="Copy from the default language").click()
    page.get_by_label("Title", exact=True).fill("Bestellung {{ order_id }}")
    expect(page.get_by_role("group", name="iPhone lock screen")).to_contain_text("Bestellung order")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("status").first).to_have_text("Saved.")
    draft = draft_of(order)
    assert draft
    assert draft.parts["push"]["de"]["body"] == "Test sent."


def test_a_test_goes_to_whom_it_said_it_would(page: Page, site: str) -> None:
    world = make_world("https://127.0.0.1:1")
    NotificationType.objects.filter(slug="order").update(channels=["push", "inbox"])
    world.person("ada", token="a" * 64)
    page.reload()
    page.get_by_role("button", name="Send test…").click()
    dialog = page.get_by_role("dialog", name="Send test")
    dialog.get_by_label("Recipient ID").fill("ada")
    dialog.get_by_role("button", name="Check addresses").click()
    expect(dialog.get_by_role("status")).to_contain_text("Push: …aaaa")
    assert not Notification.objects.exists()
    dialog.get_by_role("button", name="Send test").click()
    expect(dialog.get_by_role("status")).to_contain_text("Test sent.")
    assert Notification.objects.get().recipient_ids == [world.people[0].pk]
    forget_all()


@pytest.mark.parametrize(
    ("scheme", "width", "tab", "other"),
    [("light", 1440, "Push", "publish"), ("dark", 360, "Email", "versions")],
)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    page: Page, scheme: Any, width: int, tab: str, other: str, order: MessageTemplate
) -> None:
    draft_save(template=order, content=Content({**PARTS, "inbox": {"default": {"title": "Hi"}}}))
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.reload()
    page.get_by_role("tab", name=tab).click()
    expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    for _ in range(2):
        assert complaints(page) == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        page.goto(page.url.replace("/change/", f"/{other}/"))
