"""What was renamed is accepted and returned by its former name, and documented as deprecated."""

from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from notifyproj.core.api.former_names import UNTIL
from tests.api.test_campaigns import PATH as CAMPAIGNS
from tests.api.test_campaigns import client, create, news
from tests.api.test_openapi import schema, schemas

__all__ = ["client", "news"]
CHANGES = (Path(__file__).parents[2] / "docs" / "api-changes.md").read_text(encoding="utf-8")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["auto_pause_min_sample", "brake_after"])
def test_a_campaign_takes_its_smallest_sample_by_either_name(client: APIClient, name: str) -> None:
    made = create(client, **{name: 70}).json()
    assert (made["auto_pause_min_sample"], made["brake_after"]) == (70, 70)

    changed = client.patch(f"{CAMPAIGNS}/{made['id']}", {name: 90}, format="json").json()
    assert (changed["auto_pause_min_sample"], changed["brake_after"]) == (90, 90)


@pytest.mark.django_db
def test_two_smallest_samples_are_refused(client: APIClient) -> None:
    refused = create(client, auto_pause_min_sample=70, brake_after=90)
    assert refused.status_code == 400
    assert refused.json()["error"]["fields"].keys() == {"brake_after"}


def deprecated() -> dict[str, dict[str, Any]]:
    """By the name that a caller writes: of a field, or the path of an operation."""
    found = {at: one for at, one in schemas() if one.get("deprecated") is True}
    return {at.replace("/paths/", "").removesuffix("/post").split("/properties/")[-1]: one
            for at, one in found.items()}  # fmt: skip


def test_every_former_name_says_what_replaces_it_and_until_when() -> None:
    assert {"ground", "machine", "brake_after", "/api/v1/segments/look"} == deprecated().keys()
    for one in deprecated().values():
        assert "use `" in one["description"]
        assert str(UNTIL) in one["description"]


def test_every_former_name_is_in_the_document_of_changes() -> None:
    assert [name for name in deprecated() if f"`{name}`" not in CHANGES.replace("POST ", "")] == []
    assert str(UNTIL) in CHANGES


def test_former_statuses_are_still_documented_as_a_filter() -> None:
    [status] = [
        each
        for each in schema()["paths"]["/api/v1/notifications"]["get"]["parameters"]
        if each["name"] == "status"
    ]
    assert {"processing", "completed", "resolved"} <= set(status["schema"]["enum"])
    assert str(UNTIL) in status["description"]
