from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from channels.inbox.models import InboxItem
from notifyproj.core import clock
from preferences.consent.choices import Proof, choice_set
from preferences.consent.suppress_address import suppression_add
from preferences.consent.verify import differences
from preferences.models import ContactPoint, Preference, Recipient, Suppression
from tests.preferences.opening import opened

pytestmark = pytest.mark.django_db

MARIA = "/api/v1/recipients/maria"


def put(api: APIClient, url: str, **body: Any) -> Any:
    return api.put(url, body, format="json")


def fields_of(response: Any) -> list[str]:
    assert 400 <= response.status_code < 500
    return list(response.json()["error"]["fields"])


def test_a_put_creates_a_recipient(api: APIClient) -> None:
    response = put(api, MARIA, locale="de-AT", timezone="Europe/Vienna", attributes={"plan": "x"})
    assert response.status_code == 201
    shown = api.get(MARIA).json()
    assert shown == response.json()
    assert (shown["locale"], shown["timezone"]) == ("de-AT", "Europe/Vienna")


def test_a_second_put_changes_only_what_it_names(api: APIClient) -> None:
    put(api, MARIA, locale="de", attributes={"plan": "x"})
    response = put(api, MARIA, timezone="Europe/Rome")
    assert response.status_code == 200
    shown = response.json()
    assert (shown["locale"], shown["timezone"]) == ("de", "Europe/Rome")
    assert shown["attributes"] == {"plan": "x"}


def nested(inmost: object, levels: int) -> object:
    for _ in range(levels):
        inmost = {"a": inmost}
    return inmost


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("locale", "not a locale"),
        ("locale", "x" * 36),
        ("timezone", "Europe/Atlantis"),
        ("timezone", 7),
        ("attributes", []),
        ("attributes", {"a": "x" * 16_384}),
        ("attributes", {str(n): 0 for n in range(501)}),
        ("attributes", {"a": [{str(n): 0} for n in range(500)]}),
        ("attributes", {"x" * 201: 1}),
        ("attributes", nested({}, 10)),
        ("attributes", nested([], 10)),
        ("email", "nobody"),
        ("email", f"a@{'x' * 64}.com"),
        ("phone", "0664 123"),
        ("nickname", "Mitzi"),
    ],
)
def test_a_wrong_value_is_400_naming_its_field(api: APIClient, field: str, value: object) -> None:
    assert fields_of(put(api, MARIA, **{field: value})) == [field]
    assert not Recipient.objects.exists()


@pytest.mark.parametrize(
    "attributes", [{"x" * 200: "é"}, {str(n): 0 for n in range(500)}, nested("", 10), nested({}, 9)]
)
def test_attributes_within_their_bounds_come_back(api: APIClient, attributes: Any) -> None:
    assert put(api, MARIA, attributes=attributes).json()["attributes"] == attributes


@pytest.mark.parametrize("external_id", ["a b", "x" * 201, "tab%09"])
def test_an_external_id_that_cannot_be_is_400(api: APIClient, external_id: str) -> None:
    assert fields_of(put(api, f"/api/v1/recipients/{external_id}")) == ["external_id"]


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_a_number_that_no_computer_holds_names_its_field(api: APIClient, number: str) -> None:
    body = f'{{"attributes": {{"a": {number}}}}}'
    assert fields_of(api.put(MARIA, body, content_type="application/json")) == ["attributes"]


def test_a_nul_in_the_text_is_400(api: APIClient) -> None:
    body = '{"attributes": {"a": "\\u0000"}}'
    response = api.put(MARIA, body, content_type="application/json")
    assert fields_of(response) == ["body"]


@pytest.mark.parametrize("url", ["/api/v1/recipients/a%00b", "/api/v1/recipients?cursor=%00"])
def test_a_nul_in_the_address_is_400(api: APIClient, url: str) -> None:
    assert api.get(url).status_code == 400


def test_a_locale_is_kept_in_its_usual_form(api: APIClient) -> None:
    assert put(api, MARIA, locale="ZH-hans-cn").json()["locale"] == "zh-Hans-CN"


def test_an_unknown_recipient_is_404(api: APIClient) -> None:
    response = api.get(MARIA)
    assert (response.status_code, fields_of(response)) == (404, ["external_id"])


def test_an_email_is_shown_masked_only(api: APIClient) -> None:
    response = put(api, MARIA, email="Maria.Huber@Example.com")
    assert response.json()["contact_points"][0]["hint"] == "M***@example.com"
    assert b"Huber" not in response.content


def test_an_email_is_stored_sealed_and_opens(api: APIClient) -> None:
    put(api, MARIA, email="maria@example.com")
    point = ContactPoint.objects.get()
    assert b"maria" not in bytes(point.address)
    assert opened(point) == "maria@example.com"


def test_a_new_email_replaces_the_old_one(api: APIClient) -> None:
    put(api, MARIA, email="old@example.com", phone="+43664123456")
    shown = put(api, MARIA, email="new@example.com").json()["contact_points"]
    assert [point["hint"] for point in shown] == ["+43…56", "n***@example.com"]


def test_null_takes_an_email_away(api: APIClient) -> None:
    put(api, MARIA, email="old@example.com")
    assert put(api, MARIA, email=None).json()["contact_points"] == []


def test_naming_a_dead_email_again_does_not_revive_it(api: APIClient) -> None:
    put(api, MARIA, email="dead@example.com")
    ContactPoint.objects.update(active=False, inactive_reason="bounced")
    shown = put(api, MARIA, email="dead@example.com").json()["contact_points"]
    assert [point["active"] for point in shown] == [False]


def test_adding_a_dead_email_explicitly_revives_it(api: APIClient) -> None:
    put(api, MARIA, email="dead@example.com")
    ContactPoint.objects.update(active=False, inactive_reason="bounced")
    body = {"channel": "email", "address": "dead@example.com"}
    response = api.post(f"{MARIA}/contact-points", body, format="json")
    assert response.status_code == 200
    assert (response.json()["active"], response.json()["inactive_reason"]) == (True, "")


def test_a_second_address_of_a_channel_can_be_added(api: APIClient) -> None:
    put(api, MARIA, email="one@example.com")
    body = {"channel": "email", "address": "two@example.com"}
    assert api.post(f"{MARIA}/contact-points", body, format="json").status_code == 201
    assert len(api.get(f"{MARIA}/contact-points").json()["contact_points"]) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channel": "push", "address": "x"}, "channel"),
        ({"channel": "pigeon", "address": "x"}, "channel"),
        ({"channel": "sms", "address": "12"}, "address"),
        ({"address": "a@example.com"}, "channel"),
    ],
)
def test_a_contact_point_that_cannot_be_names_its_field(
    api: APIClient, body: dict[str, str], field: str
) -> None:
    put(api, MARIA)
    assert fields_of(api.post(f"{MARIA}/contact-points", body, format="json")) == [field]


def test_a_contact_point_can_be_removed(api: APIClient) -> None:
    id_ = put(api, MARIA, email="a@example.com").json()["contact_points"][0]["id"]
    assert api.delete(f"{MARIA}/contact-points/{id_}").status_code == 204
    assert not ContactPoint.objects.exists()


def test_a_contact_point_of_somebody_else_cannot_be_removed(api: APIClient) -> None:
    id_ = put(api, MARIA, email="a@example.com").json()["contact_points"][0]["id"]
    put(api, "/api/v1/recipients/jan")
    assert api.delete(f"/api/v1/recipients/jan/contact-points/{id_}").status_code == 404
    assert ContactPoint.objects.exists()


def test_an_erasure_leaves_no_key_no_address_and_no_inbox(api: APIClient) -> None:
    put(api, MARIA, email="a@example.com", attributes={"a": 1}, locale="de")
    recipient = Recipient.objects.get()
    InboxItem.objects.create(
        id=uuid4(), recipient_id=recipient.pk, title="Hello", created_at=clock.now()
    )
    assert api.delete(MARIA).status_code == 204
    recipient.refresh_from_db()
    assert (recipient.data_key, recipient.attributes, recipient.locale) == (None, {}, "")
    assert recipient.erased_at is not None
    assert not ContactPoint.objects.exists()
    assert not InboxItem.objects.exists()


def test_an_erased_recipient_is_404(api: APIClient) -> None:
    put(api, MARIA)
    api.delete(MARIA)
    assert [api.get(MARIA).status_code, api.delete(MARIA).status_code] == [404, 404]


def test_suppressions_and_choices_outlive_an_erasure(api: APIClient) -> None:
    put(api, MARIA, email="a@example.com")
    suppression_add(channel="email", address="a@example.com", reason="complained", source="api")
    recipient = Recipient.objects.get()
    proof = Proof("api", clock.now())
    choice_set(recipient_id=recipient.pk, channel="", enabled=False, proof=proof)
    api.delete(MARIA)
    assert Suppression.objects.exists()
    assert Preference.objects.exists()


def test_an_erased_recipient_who_is_named_again_is_somebody_new(api: APIClient) -> None:
    put(api, MARIA, email="a@example.com")
    api.delete(MARIA)
    assert put(api, MARIA, email="b@example.com").status_code == 201
    gone, new = Recipient.objects.order_by("pk")
    assert (gone.erased_at is not None, gone.data_key, new.erased_at) == (True, None, None)
    assert opened(ContactPoint.objects.get()) == "b@example.com"


def test_a_tombstone_does_not_say_whose_it_is(api: APIClient) -> None:
    put(api, MARIA)
    api.delete(MARIA)
    name = Recipient.objects.get().external_id
    assert name.startswith("erased:")
    assert "maria" not in name
    assert sha256(b"maria").hexdigest()[:32] not in name


def test_the_same_id_may_be_erased_again_and_again(api: APIClient) -> None:
    for _ in range(3):
        assert put(api, MARIA).status_code == 201
        assert api.delete(MARIA).status_code == 204
    names = list(Recipient.objects.values_list("external_id", flat=True))
    assert len(set(names)) == 3
    assert all(name.startswith("erased:") for name in names)


def test_the_name_of_a_tombstone_is_nobodys_id(api: APIClient) -> None:
    put(api, MARIA)
    api.delete(MARIA)
    name = Recipient.objects.get().external_id
    path = f"/api/v1/recipients/{name}"
    assert [put(api, path).status_code, api.get(path).status_code] == [400, 404]
    assert Recipient.objects.get().data_key is None


def test_what_the_erased_took_back_holds_for_whoever_has_their_id_next(api: APIClient) -> None:
    put(api, MARIA)
    old, proof = Recipient.objects.get(), Proof("api", clock.now())
    choice_set(recipient_id=old.pk, channel="email", enabled=False, proof=proof)
    choice_set(recipient_id=old.pk, channel="sms", enabled=True, proof=proof)
    api.delete(MARIA)
    put(api, MARIA)
    new = Recipient.objects.get(external_id="maria")
    choices = new.preferences.values_list("channel", "enabled")
    assert list(choices) == [("email", False)]
    assert list(differences()) == []


def test_a_list_is_read_page_by_page(api: APIClient) -> None:
    for name in ("a", "b", "c"):
        put(api, f"/api/v1/recipients/{name}")
    first = api.get("/api/v1/recipients?limit=2").json()
    second = api.get(f"/api/v1/recipients?limit=2&cursor={first['next_cursor']}").json()
    names = [r["external_id"] for page in (first, second) for r in page["recipients"]]
    assert (names, second["next_cursor"]) == (["a", "b", "c"], "")


@pytest.mark.parametrize(("query", "field"), [("limit=0", "limit"), ("cursor=%%%", "cursor")])
def test_a_page_that_cannot_be_names_its_parameter(api: APIClient, query: str, field: str) -> None:
    assert fields_of(api.get(f"/api/v1/recipients?{query}")) == [field]


def test_writing_needs_the_scope_recipients(client_with: Callable[..., APIClient]) -> None:
    assert put(client_with("send", "read"), MARIA).status_code == 403


def test_reading_needs_the_scope_read(client_with: Callable[..., APIClient]) -> None:
    assert client_with("send", "recipients").get(MARIA).status_code == 403


@pytest.mark.parametrize(
    ("said", "kept"), [("iw_il", "he-IL"), ("no-NO", "nb-NO"), ("ZH-tw", "zh-TW")]
)
def test_a_locale_is_kept_in_its_one_form(api: APIClient, said: str, kept: str) -> None:
    assert put(api, MARIA, locale=said).json()["locale"] == kept
