"""How a service gets a person's inbox token, and what it opens."""

import pytest
from django.test import Client

from channels.inbox import services
from notifyproj.core.api import authentication
from notifyproj.core.models import ApiKey, Scope, Service
from preferences.models import Recipient
from tests.channels.inbox.written import a_write

pytestmark = pytest.mark.django_db

URL = "/api/v1/inbox/tokens"
BODY = {"user_id": "user-123"}


def service_client(*scopes: str, service: Service | None = None) -> Client:
    service = service or Service.objects.create(slug="shop", name="Shop")
    secret = ApiKey.new_secret()
    ApiKey.objects.create(
        service=service,
        hash=authentication.digest_of(secret),
        hint=secret[-4:],
        scopes=list(scopes),
    )
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_a_minted_token_opens_that_persons_inbox() -> None:
    person = Recipient.objects.create(external_id="user-123")
    services.store([a_write(person.id, "Hello")])
    answer = service_client(Scope.READ).post(URL, BODY, content_type="application/json")
    assert answer.status_code == 201
    inbox = Client(headers={"Authorization": f"Bearer {answer.json()['token']}"})
    items = inbox.get("/inbox/api/items").json()["items"]
    assert [item["title"] for item in items] == ["Hello"]


@pytest.mark.parametrize(
    ("scope", "seen"), [(Scope.READ, {"own"}), (Scope.ADMIN, {"own", "another's"})]
)
def test_only_a_key_for_everything_opens_what_other_services_sent(
    scope: str, seen: set[str]
) -> None:
    shop = Service.objects.create(slug="shop", name="Shop")
    bank = Service.objects.create(slug="bank", name="Bank")
    person = Recipient.objects.create(external_id="user-123")
    services.store(
        [
            a_write(person.id, "own", service_id=shop.pk),
            a_write(person.id, "another's", service_id=bank.pk),
        ]
    )
    client = service_client(scope, service=shop)
    token = client.post(URL, BODY, content_type="application/json").json()["token"]
    inbox = Client(headers={"Authorization": f"Bearer {token}"})
    items = inbox.get("/inbox/api/items").json()["items"]
    assert {item["title"] for item in items} == seen


def test_a_person_nobody_knows_has_no_token() -> None:
    answer = service_client(Scope.READ).post(URL, BODY, content_type="application/json")
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == ["user_id"]


def test_a_key_without_the_scope_gets_none() -> None:
    Recipient.objects.create(external_id="user-123")
    answer = service_client(Scope.RECIPIENTS).post(URL, BODY, content_type="application/json")
    assert answer.status_code == 403


def test_an_inbox_token_is_no_api_key() -> None:
    Recipient.objects.create(external_id="user-123")
    token = service_client(Scope.READ).post(URL, BODY, content_type="application/json").json()
    answer = Client(headers={"Authorization": f"Bearer {token['token']}"}).post(
        URL, BODY, content_type="application/json"
    )
    assert answer.status_code == 401
