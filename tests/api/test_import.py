import json
from typing import Any

import pytest
from django.db.models import Model
from rest_framework.test import APIClient

from preferences.models import ContactPoint, Recipient

pytestmark = pytest.mark.django_db

URL = "/api/v1/recipients/import"


def post(api: APIClient, *lines: str | dict[str, Any]) -> Any:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return api.generic("POST", URL, "\n".join(texts), content_type="application/x-ndjson")


def stored(model: type[Model]) -> dict[str, Any]:
    """The only row of a table."""
    row = model._default_manager.values().get()
    return {k: bytes(v) if isinstance(v, memoryview) else v for k, v in row.items()}


def test_every_line_is_a_recipient(api: APIClient) -> None:
    response = post(api, {"external_id": "a", "email": "a@example.com"}, {"external_id": "b"})
    report = response.json()
    assert (report["received"], report["created"], report["failed"]) == (2, 2, 0)
    assert ContactPoint.objects.get().recipient.external_id == "a"


def test_a_wrong_line_is_reported_by_number_and_sinks_no_other(api: APIClient) -> None:
    wrong = {"external_id": "b", "timezone": "Mars/Olympus"}
    report = post(api, {"external_id": "a"}, wrong, "", "{", {"external_id": "c"}).json()
    errors = [(error["line"], list(error["fields"])) for error in report["errors"]]
    assert errors == [(2, ["timezone"]), (4, ["body"])]
    assert sorted(Recipient.objects.values_list("external_id", flat=True)) == ["a", "c"]


def test_repeating_an_import_changes_nothing(api: APIClient) -> None:
    line = {"external_id": "a", "locale": "de", "email": "a@example.com"}
    post(api, line)
    before = [stored(Recipient), stored(ContactPoint)]
    assert post(api, line).json()["updated"] == 1
    assert [stored(Recipient), stored(ContactPoint)] == before


def test_a_person_named_twice_has_what_both_lines_say(api: APIClient) -> None:
    post(api, {"external_id": "a", "locale": "de"}, {"external_id": "a", "timezone": "Asia/Tokyo"})
    recipient = Recipient.objects.get()
    assert (recipient.locale, recipient.timezone) == ("de", "Asia/Tokyo")


@pytest.mark.usefixtures("ios_app")
def test_a_line_may_bring_devices(api: APIClient) -> None:
    device = {"token": "t" * 64, "platform": "ios"}
    post(api, {"external_id": "a", "devices": [device]}, {"external_id": "b", "devices": [device]})
    assert ContactPoint.objects.get().recipient.external_id == "b"


def test_a_wrong_device_is_named_by_its_place(api: APIClient) -> None:
    device = {"token": "t", "platform": "ios"}
    report = post(api, {"external_id": "a", "devices": [device]}).json()
    assert list(report["errors"][0]["fields"]) == ["devices.0.app"]


def test_an_import_may_be_larger_than_other_bodies(api: APIClient) -> None:
    lines = [{"external_id": f"u{i}", "attributes": {"x": "y" * 1000}} for i in range(1_200)]
    assert post(api, *lines).json()["created"] == 1_200


def test_a_line_without_end_is_an_error_of_that_line(api: APIClient) -> None:
    report = post(api, "x" * 200_000, {"external_id": "a"}).json()
    assert ([error["line"] for error in report["errors"]], report["created"]) == ([1], 1)


def test_errors_are_counted_all_but_listed_up_to_a_thousand(api: APIClient) -> None:
    report = post(api, *["{"] * 1_500).json()
    assert (report["failed"], len(report["errors"])) == (1_500, 1_000)


def test_bytes_of_no_stated_kind_are_lines(api: APIClient) -> None:
    """As generated clients send them."""
    line = json.dumps({"external_id": "user-1"})
    report = api.generic("POST", URL, line, content_type="application/octet-stream").json()
    assert (report["created"], report["failed"]) == (1, 0)


def test_plain_json_is_415(api: APIClient) -> None:
    response = api.post(URL, {"external_id": "a"}, format="json")
    assert response.status_code == 415
    assert list(response.json()["error"]["fields"]) == ["Content-Type"]
