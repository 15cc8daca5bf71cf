"""One person's address in many spellings, and addresses that nothing can be sent to."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from channels.models import App
from notifyproj.core.encryption import lookup_hash
from preferences.models import ContactPoint, Suppression
from tests.preferences.opening import opened

pytestmark = pytest.mark.django_db

MARIA = "/api/v1/recipients/maria"
SUPPRESSIONS = "/api/v1/suppressions"
HEX = "0a1b2c3d4e5f6071" * 4


def put(api: APIClient, **body: Any) -> Any:
    return api.put(MARIA, body, format="json")


def add(api: APIClient, channel: str, address: str) -> Any:
    body = {"channel": channel, "address": address}
    return api.post(f"{MARIA}/contact-points", body, format="json")


def looked_up(api: APIClient, channel: str, address: str) -> int:
    body = {"channel": channel, "address": address}
    return int(api.post(f"{SUPPRESSIONS}/look-up", body, format="json").status_code)


SPELLINGS = [
    ("email", "Maria@Müller.example", "maria@XN--MLLER-KVA.example"),
    ("email", "maria@mu\u0308ller.example", "mar\u200bia@müller.example"),
    ("email", "SG-Upper@Example.com", "sg-upper@example.com"),
    ("sms", "+44 (0)7700 900456", "+447700900456"),
    ("sms", "+٤٤٧٧٠٠٩٠٠٤٥٦", "\u202a+44 7700 900456\u202c"),
]


@pytest.mark.parametrize(("channel", "one", "other"), SPELLINGS)
def test_one_address_in_two_spellings_is_one_contact_point(
    api: APIClient, channel: str, one: str, other: str
) -> None:
    put(api)
    assert add(api, channel, one).status_code == 201
    assert add(api, channel, other).status_code == 200
    assert ContactPoint.objects.count() == 1


@pytest.mark.parametrize(("channel", "one", "other"), SPELLINGS)
def test_what_is_suppressed_in_one_spelling_is_found_by_the_other(
    api: APIClient, channel: str, one: str, other: str
) -> None:
    body = {"channel": channel, "address": one, "reason": "By letter"}
    assert api.post(SUPPRESSIONS, body, format="json").status_code == 201
    assert looked_up(api, channel, other) == 200


def test_an_address_is_kept_as_its_owner_writes_it(api: APIClient) -> None:
    put(api, email="Maria.Lopez@FAß.de", phone="+44 (0)7700 900456")
    kept = {opened(point) for point in ContactPoint.objects.all()}
    assert kept == {"Maria.Lopez@xn--fa-hia.de", "+447700900456"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("email", text) for text in ("jörg@example.com", "a..b@example.com", "m@foo_bar.com")),
        *(("email", text) for text in ("m@-example.com", "مريم@example.com", "m@10.0.0.1")),
        *(("phone", text) for text in ("+44", "07700900456", "+1 800 FLOWERS", "+999123456789")),
    ],
)
def test_what_can_never_be_sent_to_is_refused_by_name(
    api: APIClient, field: str, value: str
) -> None:
    response = put(api, **{field: value})
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == [field]
    channel = {"email": "email", "phone": "sms"}[field]
    body = {"channel": channel, "address": value, "reason": "x"}
    assert list(api.post(SUPPRESSIONS, body, format="json").json()["error"]["fields"]) == [
        "address"
    ]


@pytest.mark.parametrize("token", [HEX.upper(), f"<{HEX[:8]} {HEX[8:]}>"])
def test_a_token_in_another_spelling_is_the_same_device(
    api: APIClient, ios_app: App, token: str
) -> None:
    put(api)
    bodies = [{"token": text, "platform": "ios"} for text in (HEX, token)]
    answers = [api.put(f"{MARIA}/devices", body, format="json") for body in bodies]
    assert [answer.status_code for answer in answers] == [201, 200]


def test_the_description_of_a_token_is_refused_by_name(api: APIClient, ios_app: App) -> None:
    put(api)
    body = {"token": "{length=32,bytes=0x80f1d2a3...c5d6e7}", "platform": "ios"}
    response = api.put(f"{MARIA}/devices", body, format="json")
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == ["token"]


def test_a_webhook_is_one_however_its_host_is_written(api: APIClient) -> None:
    put(api)
    urls = ("https://Müller.example:443/Hook?A=1", "https://xn--mller-kva.example/Hook?A=1")
    assert [add(api, "webhook", url).status_code for url in urls] == [201, 200]
    assert add(api, "webhook", "https://xn--mller-kva.example/hook?A=1").status_code == 201


def test_a_suppression_of_a_former_spelling_holds_for_who_registers_it_anew(api: APIClient) -> None:
    former = _former("email", "Maria@example.com")
    Suppression.objects.create(channel="email", address_hash=former, reason="bounced", source="x")
    put(api, email="Maria@Example.com")
    assert looked_up(api, "email", "maria@example.com") == 200


def test_a_suppression_of_a_former_spelling_is_found_and_removed(api: APIClient) -> None:
    former = _former("email", "kunde@faß.de")
    Suppression.objects.create(channel="email", address_hash=former, reason="bounced", source="x")
    assert looked_up(api, "email", "Kunde@xn--fa-hia.de") == 200
    body = {"channel": "email", "address": "kunde@faß.de", "reason": "She asked"}
    assert api.post(f"{SUPPRESSIONS}/remove", body, format="json").status_code == 204
    assert not Suppression.objects.exists()


def test_what_was_carried_to_the_present_spelling_is_removed_with_it(api: APIClient) -> None:
    former = _former("email", "Maria@example.com")
    Suppression.objects.create(channel="email", address_hash=former, reason="bounced", source="x")
    put(api, email="Maria@example.com")
    body = {"channel": "email", "address": "maria@example.com", "reason": "She asked"}
    assert api.post(f"{SUPPRESSIONS}/remove", body, format="json").status_code == 204
    assert not Suppression.objects.exists()


def _former(channel: str, text: str) -> bytes:
    """As it was hashed before: as it was written."""
    return lookup_hash(channel, text)
