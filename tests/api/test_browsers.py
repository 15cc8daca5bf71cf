"""Browsers register with their subscription; pages ask for the key to subscribe with."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from channels.accounts.credentials import account_upsert
from channels.models import App, ProviderAccount
from channels.registry import adapter
from preferences.models import ContactPoint
from tests.api.conftest import ClientWith
from tests.channels.samples import UA_AUTH, UA_PUBLIC, account, p8
from tests.preferences.opening import opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop_web")]

MARIA = "/api/v1/recipients/maria"
JAN = "/api/v1/recipients/jan"
ENDPOINT = "https://updates.push.services.mozilla.com/wpush/v2/gAAAAAB-maria"
KEY = "/api/v1/apps/shop-web/vapid-key"


@pytest.fixture
def shop_web(api: APIClient) -> ProviderAccount:
    for url in (MARIA, JAN):
        api.put(url, {}, format="json")
    return vapid_account("shop-web")


def vapid_account(app: str, **changes: Any) -> ProviderAccount:
    return account_upsert(
        slug=f"{app}-vapid",
        channel="web_push",
        kind="vapid",
        app=App.objects.create(slug=app, name=app, channel="web_push", platform="web"),
        credentials={"private_key": p8()},
        settings={"subject": "mailto:push@example.com"},
        **changes,
    )


def register(api: APIClient, url: str = MARIA, app: str | None = None, **changes: Any) -> Any:
    keys = {"p256dh": UA_PUBLIC, "auth": UA_AUTH}
    given = {"endpoint": ENDPOINT, "expirationTime": None, "keys": keys, **changes}
    return api.put(f"{url}/web-push", {"app": app, "subscription": given}, format="json")


def test_a_browser_registers_with_the_only_app(api: APIClient) -> None:
    response = register(api)
    assert response.status_code == 201
    shown = response.json()
    assert (shown["app"], shown["platform"], shown["channel"]) == ("shop-web", "web", "web_push")
    assert shown["hint"] == "updates.push.services.mozilla.com/…"


def test_neither_endpoint_nor_keys_are_shown(api: APIClient) -> None:
    shown = register(api).content + api.get(f"{MARIA}/contact-points").content
    for secret in ("gAAAAAB-maria", UA_PUBLIC, UA_AUTH):
        assert secret.encode() not in shown


def test_what_is_stored_is_what_the_adapter_takes(api: APIClient) -> None:
    register(api, keys={"p256dh": UA_PUBLIC + "=", "auth": UA_AUTH + "=="})
    stored = opened(ContactPoint.objects.get())
    assert stored == f'{{"endpoint":"{ENDPOINT}","p256dh":"{UA_PUBLIC}","auth":"{UA_AUTH}"}}'


def test_the_same_endpoint_with_new_keys_is_the_same_browser(api: APIClient) -> None:
    first = register(api).json()
    again = register(api, keys={"p256dh": UA_PUBLIC, "auth": "AAAAAAAAAAAAAAAAAAAAAA"})
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert "AAAAAAAAAAAAAAAAAAAAAA" in opened(ContactPoint.objects.get())


def test_a_browser_moves_to_who_uses_it_last(api: APIClient) -> None:
    first = register(api, MARIA).json()
    register(api, JAN)
    point = ContactPoint.objects.select_related("recipient").get(pk=first["id"])
    assert point.recipient.external_id == "jan"
    assert ENDPOINT in opened(point)


def test_with_several_apps_it_has_to_be_said_which(api: APIClient) -> None:
    vapid_account("other-web")
    assert "app" in register(api).json()["error"]["fields"]
    assert register(api, app="other-web").json()["app"] == "other-web"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"endpoint": "https://evil.example/push"}, "subscription.endpoint"),
        ({"endpoint": "http://127.0.0.1:8002/x"}, "subscription.endpoint"),
        ({"keys": {"p256dh": "AAAA", "auth": UA_AUTH}}, "subscription"),
        ({"keys": {"p256dh": UA_PUBLIC}}, "subscription.keys.auth"),
        ({"endpoint": ""}, "subscription.endpoint"),
    ],
)
def test_what_no_browser_gives_is_refused(
    api: APIClient, changes: dict[str, Any], field: str
) -> None:
    response = register(api, **changes)
    assert response.status_code == 400
    assert field in response.json()["error"]["fields"]
    assert not ContactPoint.objects.exists()


def test_an_account_with_an_endpoint_takes_subscriptions_under_it(
    api: APIClient, shop_web: ProviderAccount
) -> None:
    ProviderAccount.objects.update(endpoint="http://127.0.0.1:8002/shop-web")
    assert register(api).status_code == 400
    assert register(api, endpoint="http://127.0.0.1:8002/shop-web/push/1").status_code == 201


def test_nobody_is_not_a_recipient(api: APIClient) -> None:
    assert register(api, "/api/v1/recipients/nobody").status_code == 404


def test_pages_get_the_key_that_signs(api: APIClient) -> None:
    sample = account("vapid")
    expected = adapter("vapid").public_key(sample)  # type: ignore[attr-defined]
    assert api.get(KEY).json() == {"public_key": expected}


@pytest.mark.parametrize("slug", ["unknown", "shop-ios"])
def test_there_is_no_key_of_what_is_no_web_app(api: APIClient, slug: str, ios_app: App) -> None:
    assert api.get(f"/api/v1/apps/{slug}/vapid-key").status_code == 404


def test_the_key_asks_for_a_scope(client_with: ClientWith) -> None:
    assert client_with("send").get(KEY).status_code == 403
