import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from notifyproj.core.clock import now
from notifyproj.core.encryption import lookup_hash
from preferences.facts.types import catalogue
from preferences.models import Category, ConsentEvent, NotificationType, Recipient
from preferences.recipients import services
from preferences.recipients.schemas import ImportLine

pytestmark = pytest.mark.django_db

ADA = "/api/v1/recipients/ada"
URL = f"{ADA}/preferences"
SAID = ("unsubscribed", "channels", "categories", "types", "quiet_hours", "paused_until")
WHOLE: dict[str, Any] = {
    "unsubscribed": False,
    "channels": {"sms": False},
    "categories": {"offers": {"": False, "email": True}},
    "types": {"weekly": {"push": True}},
    "quiet_hours": {"start": "22:00", "end": "07:00"},
    "paused_until": "2099-01-01T00:00:00Z",
}


@pytest.fixture(autouse=True)
def ada(api: APIClient) -> Recipient:
    offers = Category.objects.create(slug="offers", name="Offers")
    NotificationType.objects.create(
        slug="weekly", name="Weekly", category=offers, channels=["email", "push"]
    )
    NotificationType.objects.create(
        slug="login", name="Login code", mandatory=True, channels=["email"]
    )
    catalogue.forget()
    services.recipients_upsert_bulk([ImportLine(external_id="ada", email="ada@example.com")])
    return Recipient.objects.get()


def put(api: APIClient, **body: Any) -> dict[str, Any]:
    response = api.put(URL, body, format="json")
    assert response.status_code == 200, response.content
    return dict(response.json())


def patch(api: APIClient, **body: Any) -> dict[str, Any]:
    response = api.patch(URL, body, format="json")
    assert response.status_code == 200, response.content
    return dict(response.json())


def said(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: shown[name] for name in SAID}


def events() -> list[tuple[str, str, str]]:
    rows = ConsentEvent.objects.order_by("pk")
    return list(rows.values_list("about", "channel", "action"))


def refused(response: Any) -> list[str]:
    assert response.status_code == 400
    return list(response.json()["error"]["fields"])


def test_what_is_put_is_what_is_got(api: APIClient) -> None:
    put(api, **WHOLE)
    assert said(api.get(URL).json()) == WHOLE


def test_the_same_again_changes_nothing_and_leaves_no_second_proof(api: APIClient) -> None:
    put(api, **WHOLE)
    before = events()
    put(api, **WHOLE)
    patch(api, **WHOLE)
    assert events() == before
    assert len(before) == 6


def test_a_put_removes_what_it_does_not_name(api: APIClient) -> None:
    put(api, timezone="Europe/Vienna", **WHOLE)
    shown = put(api, types={"weekly": {"push": True}})
    assert said(shown) == {
        "unsubscribed": False,
        "channels": {},
        "categories": {},
        "types": {"weekly": {"push": True}},
        "quiet_hours": None,
        "paused_until": None,
    }
    assert shown["timezone"] == "Europe/Vienna"


def test_a_patch_changes_only_what_it_names(api: APIClient) -> None:
    put(api, **WHOLE)
    shown = patch(api, channels={"email": False}, paused_until=None)
    expected = {**WHOLE, "channels": {"sms": False, "email": False}, "paused_until": None}
    assert said(shown) == expected


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ({"categories": {"offers": {"email": None}}}, {"offers": {"": False}}),
        ({"categories": {"offers": None}}, {}),
    ],
)
def test_a_null_removes_a_choice(api: APIClient, body: dict[str, Any], left: object) -> None:
    put(api, **WHOLE)
    assert patch(api, **body)["categories"] == left
    assert ConsentEvent.objects.latest("pk").action == "cleared"


def test_to_be_subscribed_is_written_only_after_an_unsubscription(api: APIClient) -> None:
    patch(api, unsubscribed=False)
    assert events() == []
    assert patch(api, unsubscribed=True)["unsubscribed"] is True
    assert patch(api, unsubscribed=False)["unsubscribed"] is False
    assert events() == [("choice", "", "withdrawn"), ("choice", "", "granted")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"types": {"weekli": {"email": True}}}, "types.weekli"),
        ({"types": {"weekly": {"pigeon": True}}}, "types.weekly.pigeon"),
        ({"categories": {"weekly": {"": True}}}, "categories.weekly"),
        ({"channels": {"pigeon": False}}, "channels.pigeon"),
        ({"channels": {"": False}}, "channels."),
        ({"quiet_hours": {"start": "22:00", "end": "22:00"}}, "quiet_hours.end"),
        ({"quiet_hours": {"start": "25:00", "end": "07:00"}}, "quiet_hours.start"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"paused_until": "2099-01-01T00:00:00"}, "paused_until"),
        ({"proof": {"ip": "somewhere"}}, "proof.ip"),
        ({"proof": {"at": "2099-01-01T00:00:00Z"}}, "proof.at"),
        ({"gets": {}}, "gets"),
    ],
)
@pytest.mark.parametrize("method", ["put", "patch"])
def test_what_is_not_known_is_named_and_nothing_is_written(
    api: APIClient, method: str, body: dict[str, Any], field: str
) -> None:
    call = getattr(api, method)
    assert refused(call(URL, {"channels": {"sms": False}, **body}, format="json")) == [field]
    assert events() == []


def test_a_change_is_proven_with_what_the_service_says_of_it(api: APIClient) -> None:
    proof = {"source": "signup form", "wording": "2026-11", "ip": "2001:DB8::1"}
    patch(api, types={"weekly": {"email": True}}, proof={**proof, "at": "2026-01-02T03:04:05Z"})
    event = ConsentEvent.objects.get()
    assert (event.source, event.wording, event.action) == ("api", "2026-11", "granted")
    assert event.evidence == {"service": "shop", "source": "signup form"}
    assert event.at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert bytes(event.ip_hash or b"") == lookup_hash("ip", "2001:db8::1")


def test_it_is_told_what_they_get_and_on_what_ground(api: APIClient) -> None:
    shown = put(api, categories={"offers": {"email": True}}, quiet_hours=WHOLE["quiet_hours"])
    assert shown["gets"] == {
        "login": {"email": {"gets": True, "reason": "mandatory"}},
        "weekly": {
            "email": {"gets": True, "reason": "chosen_category"},
            "push": {"gets": False, "reason": "no_contact_point"},
        },
    }


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"unsubscribed": True}, "unsubscribed"),
        ({"paused_until": "2099-01-01T00:00:00Z"}, "paused"),
        ({"categories": {"offers": {"": False}}}, "opted_out"),
    ],
)
def test_it_is_told_why_they_do_not_get_it(
    api: APIClient, body: dict[str, Any], reason: str
) -> None:
    assert put(api, **body)["gets"]["weekly"]["email"] == {"gets": False, "reason": reason}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"unsubscribed": True}),
        ({"channel": "sms"}, {"channels": {"sms": False}}),
        ({"type": "weekly"}, {"types": {"weekly": {"": False}}}),
        (
            {"category": "offers", "channel": "email"},
            {"categories": {"offers": {"email": False}}},
        ),
    ],
)
def test_unsubscribing(api: APIClient, body: dict[str, Any], expected: dict[str, Any]) -> None:
    shown = api.post(f"{ADA}/unsubscribe", body, format="json").json()
    empty = {"unsubscribed": False, "channels": {}, "categories": {}, "types": {}}
    assert {name: shown[name] for name in empty} == {**empty, **expected}


def test_unsubscribing_from_a_type_and_a_category_at_once_is_refused(api: APIClient) -> None:
    body = {"type": "weekly", "category": "offers"}
    assert refused(api.post(f"{ADA}/unsubscribe", body, format="json")) == ["category"]


def test_the_history_is_told_page_by_page_the_newest_first(api: APIClient) -> None:
    for enabled in (False, True, None):
        patch(api, types={"weekly": {"email": enabled}})
    first = api.get(f"{ADA}/consent?limit=2").json()
    rest = api.get(f"{ADA}/consent?limit=2&cursor={first['next_cursor']}").json()
    told = [*first["events"], *rest["events"]]
    assert [event["action"] for event in told] == ["cleared", "granted", "withdrawn"]
    assert {(event["type"], event["category"]) for event in told} == {("weekly", None)}
    assert rest["next_cursor"] == ""


@pytest.mark.parametrize(
    "call",
    [
        lambda api, url: api.get(f"{url}/preferences"),
        lambda api, url: api.put(f"{url}/preferences", {}, format="json"),
        lambda api, url: api.post(f"{url}/unsubscribe", {}, format="json"),
        lambda api, url: api.get(f"{url}/consent"),
    ],
)
@pytest.mark.parametrize("who", ["ada", "nobody"])
def test_of_nobody_or_somebody_erased_nothing_is_told(
    api: APIClient, call: Callable[[APIClient, str], Any], who: str
) -> None:
    services.recipient_erase(external_id="ada")
    assert call(api, f"/api/v1/recipients/{who}").status_code == 404


def imported(api: APIClient, *rows: dict[str, Any] | str) -> dict[str, Any]:
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    url = "/api/v1/preferences/import"
    return dict(api.generic("POST", url, text, content_type="application/x-ndjson").json())


def exported(api: APIClient) -> list[dict[str, Any]]:
    response: Any = api.get("/api/v1/preferences/export")
    return [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]


def test_a_wrong_line_is_reported_by_number_and_sinks_no_other(api: APIClient) -> None:
    report = imported(
        api,
        {"external_id": "nobody", "unsubscribed": True},
        {"external_id": "ada", "channels": {"sms": False}},
        "{",
        {"external_id": "ada", "types": {"weekli": {"": True}}},
        {"external_id": "ada", "channels": {"sms": False}},
    )
    counts = {name: report[name] for name in ("received", "changed", "unchanged", "failed")}
    assert counts == {"received": 5, "changed": 1, "unchanged": 1, "failed": 3}
    assert [(error["line"], list(error["fields"])) for error in report["errors"]] == [
        (1, ["external_id"]),
        (3, ["body"]),
        (4, ["types.weekli"]),
    ]
    assert ConsentEvent.objects.get().source == "import"


def test_what_was_exported_can_be_imported(api: APIClient, ada: Recipient) -> None:
    put(api, timezone="Europe/Vienna", **WHOLE)
    lines = exported(api)
    put(api)
    assert imported(api, *lines)["changed"] == 1
    assert said(api.get(URL).json()) == WHOLE


def test_an_export_has_a_line_for_everybody_who_said_something(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("preferences.consent.export_ndjson.PAGE", 2)
    names = [f"p{n}" for n in range(7)]
    services.recipients_upsert_bulk(ImportLine(external_id=name) for name in names)
    wishes: list[dict[str, Any]] = [
        {"unsubscribed": True},
        {"paused_until": now().isoformat()},
        {"quiet_hours": WHOLE["quiet_hours"]},
        {"types": {"weekly": {"email": True, "push": False}}},
        WHOLE,
    ]
    rows = [{"external_id": name, **wish} for name, wish in zip(names, wishes, strict=False)]
    assert imported(api, *rows)["failed"] == 0
    assert [line["external_id"] for line in exported(api)] == names[:5]


def test_an_import_asks_the_database_per_batch_and_not_per_person(
    api: APIClient, django_assert_max_num_queries: Any
) -> None:
    services.recipients_upsert_bulk(ImportLine(external_id=f"p{n}") for n in range(60))
    with django_assert_max_num_queries(20):
        report = imported(api, *({"external_id": f"p{n}", **WHOLE} for n in range(60)))
    assert report["changed"] == 60
