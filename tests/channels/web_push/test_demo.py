"""Web push from the demo page to the screen: a real Chromium, its real service worker, and the
adapter and transport that send. Only the way between push service and browser is DevTools', for
a browser here has no push service that could wake it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, ConsoleMessage, Page, expect

from channels.accounts.credentials import account_upsert, account_value
from channels.base import Account, Channel, Envelope, OutcomeKind
from channels.compose import compose
from channels.models import App
from channels.registry import adapter
from channels.way_out import WayOut
from preferences.models import ContactPoint, Recipient
from preferences.recipients.schemas import Profile
from preferences.recipients.services import recipient_upsert
from tests.channels.conftest import Send
from tests.channels.inbox.conftest import browser as browser  # fixtures
from tests.channels.inbox.conftest import site as site
from tests.channels.samples import DELIVERY
from tests.channels.sandbox.conftest import Sandbox, values_of
from tests.channels.sandbox.conftest import sandbox as sandbox
from tests.channels.sandbox.test_addressed import latest
from tests.preferences.opening import opened

# The sandbox first, so that it is the last to end: what it clears would open, on the browser's
# loop, a connection that nobody closes.
pytestmark = [
    pytest.mark.pages,
    pytest.mark.usefixtures("sandbox"),
    pytest.mark.django_db(transaction=True),
]

SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  for (let tries = 0; tries < 300; tries++) {  // the page asks every other second
    const found = await registration.getNotifications();
    if (found.length) return found.map((n) => ({
      title: n.title, body: n.body, icon: n.icon, tag: n.tag, data: n.data }));
    await new Promise((done) => setTimeout(done, 100));
  }
  return [];
}"""

# A click on the button, as the browser tells the worker; a window opens only for a real one.
CLICK = """async () => {
  const [notification] = await self.registration.getNotifications();
  const actions = notification.actions.map(({ action, title }) => ({ action, title }));
  const opened = new Promise((done) => (self.clients.openWindow = async (url) => done(url)));
  const about = { notification, action: "unsubscribe" };
  self.dispatchEvent(new NotificationEvent("notificationclick", about));
  return [actions, await opened];
}"""


@pytest.fixture
def account(transactional_db: None, sandbox: Sandbox) -> Account:
    recipient_upsert(external_id="user-123", profile=Profile())
    app = App.objects.create(slug="shop-web", name="Shop", channel="web_push", platform="web")
    values = values_of("vapid", "shop-vapid")
    endpoint = f"{sandbox.url}/shop-vapid"
    return account_value(account_upsert(slug="shop-vapid", app=app, endpoint=endpoint, **values))


@pytest.fixture
def page(browser: Browser, site: str, account: Account) -> Iterator[Page]:
    """The demo page; whatever it complains of in its console fails the test."""
    context = browser.new_context()
    context.grant_permissions(["notifications"], origin=site)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if _is_error(m) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert not complaints


def _is_error(message: ConsoleMessage) -> bool:
    return message.type == "error" and "received.json" not in message.location["url"]


def turn_on(page: Page, site: str) -> None:
    page.goto(f"{site}/web-push/demo/")
    page.get_by_role("button", name="Turn on notifications").click()
    expect(page.get_by_role("status")).to_contain_text("Notifications are on")


def push(account: Account, send: Send, way_out: WayOut | None = None) -> dict[str, Any]:
    """Through the adapter and the transport; answers what the push service's browser read."""
    now = datetime.now(UTC)
    address = opened(ContactPoint.objects.get())
    parts = {"title": "Order shipped", "body": "On its way 📦", "link": "/web-push/demo/?order=1"}
    until = now + timedelta(hours=1)
    to = Envelope(str(DELIVERY), 1, address, until, collapse_key="order-1", way_out=way_out)
    message = compose(Channel.WEB_PUSH, to, parts)
    request = adapter("vapid").build(message, account, now)
    outcome, _ = send(account, adapter("vapid"), request)
    assert outcome.kind is OutcomeKind.ACCEPTED
    payload: dict[str, Any] = latest(account).message["payload"]
    return payload


def registered(devtools: CDPSession, page: Page) -> str:
    """The worker's id, once DevTools names it."""
    found: list[str] = []

    def heard(event: dict[str, Any]) -> None:
        found.extend(each["registrationId"] for each in event["registrations"])

    devtools.on("ServiceWorker.workerRegistrationUpdated", heard)
    devtools.send("ServiceWorker.enable")
    for _ in range(50):
        if found:
            return found[0]
        page.wait_for_timeout(100)
    raise AssertionError("no service worker")


def test_a_push_is_shown_by_the_service_worker(
    page: Page, site: str, account: Account, send: Send
) -> None:
    page.route("**/sandbox/received.json*", lambda route: route.abort())
    turn_on(page, site)
    payload = push(account, send)
    devtools = page.context.new_cdp_session(page)
    data = {"registrationId": registered(devtools, page), "data": json.dumps(payload)}
    devtools.send("ServiceWorker.deliverPushMessage", {"origin": site, **data})
    [shown] = page.evaluate(SHOWN)
    assert (shown["title"], shown["body"]) == ("Order shipped", "On its way 📦")
    assert shown["tag"] == "order-1"
    assert shown["data"] == {"id": str(DELIVERY), "url": "/web-push/demo/?order=1"}


def test_the_button_of_marketing_opens_the_page_that_ends_it(
    page: Page, site: str, account: Account, send: Send
) -> None:
    page.route("**/sandbox/received.json*", lambda route: route.abort())
    turn_on(page, site)
    payload = push(account, send, WayOut("https://n.example/u/1", "", "Unsubscribe", ""))
    devtools = page.context.new_cdp_session(page)
    data = {"registrationId": registered(devtools, page), "data": json.dumps(payload)}
    devtools.send("ServiceWorker.deliverPushMessage", {"origin": site, **data})
    page.evaluate(SHOWN)

    [worker] = page.context.service_workers
    shown, opened_url = worker.evaluate(CLICK)

    assert shown == [{"action": "unsubscribe", "title": "Unsubscribe"}]
    assert opened_url == "https://n.example/u/1"


def test_a_push_without_content_shows_something_all_the_same(
    page: Page, site: str, account: Account
) -> None:
    page.route("**/sandbox/received.json*", lambda route: route.abort())
    turn_on(page, site)
    devtools = page.context.new_cdp_session(page)
    where = {"origin": site, "registrationId": registered(devtools, page)}
    devtools.send("ServiceWorker.deliverPushMessage", {**where, "data": "not JSON"})
    [shown] = page.evaluate(SHOWN)
    assert shown["title"] == "News"


def test_the_page_hands_on_what_the_sandbox_received(
    page: Page, site: str, account: Account, send: Send
) -> None:
    turn_on(page, site)
    push(account, send)
    [shown] = page.evaluate(SHOWN)
    assert shown["title"] == "Order shipped"


def test_a_page_that_is_opened_again_is_the_same_browser(
    page: Page, site: str, account: Account, send: Send
) -> None:
    turn_on(page, site)
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("Notifications are on")
    assert ContactPoint.objects.count() == 1
    push(account, send)
    assert len(page.evaluate(SHOWN)) == 1


def test_the_browser_is_registered_for_the_person_and_the_app(
    page: Page, site: str, account: Account
) -> None:
    turn_on(page, site)
    point = ContactPoint.objects.select_related("recipient", "app").get()
    assert (point.recipient.external_id, point.app_id) == ("user-123", account.app_id)
    assert Recipient.objects.count() == 1
