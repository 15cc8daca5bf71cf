"""What the page and its JSON show; the sandbox itself is not running here."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from channels.accounts.credentials import account_upsert
from channels.models import App
from channels.sandbox.models import Fault, Received

pytestmark = pytest.mark.django_db

PUSH = {"kind": "push", "platform": "ios", "title": "Order confirmed", "silent": False}
MAIL = {"kind": "email", "subject": "Your order", "to": "ann@example.com", "html": "<b>Hi</b>"}
SMS = {"kind": "sms", "from": "+15005550006", "body": "On its way", "parts": 1}


def store(message: dict[str, Any] | None = None, **changes: Any) -> Received:
    values = {"account": "demo", "provider": "apns", "accepted": True, "answer": 200}
    return Received.objects.create(message=message or {}, **{**values, **changes})


def account() -> str:
    account_upsert(
        slug="demo-apns", channel="push", kind="apns", endpoint="http://127.0.0.1:8002/demo-apns"
    )
    return "demo-apns"


def shown(client: Client, query: str = "") -> str:
    return client.get(f"/sandbox/{query}").content.decode()


@pytest.mark.parametrize(
    ("message", "text"), [(PUSH, "Order confirmed"), (MAIL, "Your order"), (SMS, "On its way")]
)
def test_a_message_is_shown_without_javascript(
    client: Client, message: dict[str, Any], text: str
) -> None:
    store(message)
    assert text in shown(client)


def test_an_empty_sandbox_says_how_to_fill_it(client: Client) -> None:
    page = shown(client)
    assert page.count('class="empty"') == 6
    assert "No provider account points here yet" in page


def test_what_was_refused_is_on_no_phone(client: Client) -> None:
    store(PUSH, accepted=False, answer=400)
    assert "Order confirmed" not in shown(client)


def test_a_push_with_the_same_collapse_id_replaces_the_older(client: Client) -> None:
    for title in ("First", "Second"):
        store({**PUSH, "title": title, "collapse": "order"}, recipient="device")
    page = shown(client)
    assert "Second" in page
    assert "First" not in page


def test_a_failed_check_is_named(client: Client) -> None:
    check = {"name": "topic is the team's", "passed": False, "detail": "", "advice": False}
    store(accepted=False, answer=400, checks=[check])
    assert "Failed: topic is the team&#x27;s" in shown(client)


def test_what_was_received_cannot_write_html(client: Client) -> None:
    store({**PUSH, "title": "<script>alert(1)</script>"}, raw="<img src=x onerror=alert(1)>")
    page = shown(client)
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_the_page_allows_no_inline_code_and_no_other_host(client: Client) -> None:
    response = client.get("/sandbox/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| onclick=", response.text)


def test_a_mail_is_served_where_it_can_do_nothing(client: Client) -> None:
    response = client.get(f"/sandbox/mail/{store(MAIL).pk}/")
    policy = response["Content-Security-Policy"]
    assert "<b>Hi</b>" in response.text
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


def test_a_row_that_is_no_mail_is_not_served_as_one(client: Client) -> None:
    assert client.get(f"/sandbox/mail/{store(PUSH).pk}/").status_code == 404


@pytest.mark.parametrize(
    ("tab", "text"), [("text", "Plain words"), ("headers", "List-Unsubscribe")]
)
def test_text_and_headers_are_a_tab_away(client: Client, tab: str, text: str) -> None:
    mail = {**MAIL, "text": "Plain words", "headers": [["List-Unsubscribe", "<https://x>"]]}
    assert text in shown(client, f"?mail={store(mail).pk}&tab={tab}")


def test_json_has_what_came_after(client: Client) -> None:
    first, second = store(PUSH), store(SMS)
    answer = client.get(f"/sandbox/received.json?after={first.pk}").json()
    assert [row["id"] for row in answer["received"]] == [second.pk]
    assert answer["last"] == second.pk


def test_json_refuses_nonsense(client: Client) -> None:
    response = client.get("/sandbox/received.json?after=-1")
    assert response.status_code == 400
    assert response.json()["error"]["fields"]["after"]


def test_switches_set_faults(client: Client) -> None:
    form = {f"{kind}-share": "100" for kind in SHARES} | {"throttle-on": "on"}
    form |= {"throttle-share": "20", "throttle-seconds": "9", "slow-seconds": "5"}
    form |= {"error-status": "503"}
    response = client.post(f"/sandbox/faults/{account()}/", form, follow=True)
    fault = Fault.objects.get()
    assert (fault.kind, fault.share, fault.seconds) == ("throttle", 0.2, 9)
    assert "Faults of demo-apns: throttle for 20 % of its requests" in response.text


def test_a_wrong_share_is_named_and_changes_nothing(client: Client) -> None:
    Fault.objects.create(account=account(), kind="html")
    response = client.post("/sandbox/faults/demo-apns/", {"error-share": "200", "error-on": "on"})
    assert response.status_code == 422
    assert "less than or equal to 100" in response.text
    assert Fault.objects.get().kind == "html"


def test_faults_need_the_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(f"/sandbox/faults/{account()}/").status_code == 403


def test_faults_of_an_unknown_account_are_404(client: Client) -> None:
    assert client.post("/sandbox/faults/nobody/").status_code == 404


@pytest.mark.parametrize("path", ["", "received.json", "mail/1/"])
def test_nothing_is_there_when_the_sandbox_is_off(
    client: Client, settings: Settings, path: str
) -> None:
    settings.SANDBOX = False
    assert client.get(f"/sandbox/{path}").status_code == 404


SHARES = (
    *("throttle", "error", "slow", "hang", "reset", "reset_before", "html"),
    *("dead_token", "bad_auth"),
)


def test_a_phone_names_the_app_a_push_is_for(client: Client) -> None:
    app = App.objects.create(slug="shop", name="Shop for Android", channel="push")
    account_upsert(slug="demo-fcm", channel="push", kind="fcm", app=app)
    store({**PUSH, "platform": "android", "app": ""}, account="demo-fcm")
    assert '<span class="app">Shop for Android</span>' in shown(client)


def test_a_subtitle_is_shown(client: Client) -> None:
    store({**PUSH, "subtitle": "Order 7"})
    assert "Order 7" in shown(client)


def test_an_sms_says_how_it_was_encoded(client: Client) -> None:
    store({**SMS, "encoding": "UCS-2", "parts": 2})
    assert "UCS-2, 2 parts" in shown(client)
