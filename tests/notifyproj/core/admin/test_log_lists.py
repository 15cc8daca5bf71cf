"""Lists that go by key: every row is reached, and a search says how far it looked."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from notifyproj.core.admin import log_lists
from notifyproj.core.admin.audit import AuditEntryAdmin
from notifyproj.core.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(AuditEntryAdmin, "list_per_page", 2)
    monkeypatch.setattr(log_lists, "WINDOWS", (2, 4))
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    AuditEntry.objects.bulk_create(
        AuditEntry(
            kind="user", actor="ada", action="did", model="x.y", object_id=n, note=f"act {n}"
        )
        for n in range(10)
    )
    return client


def page(client: Client, query: str) -> tuple[list[str], str]:
    """The acts shown, and where the next page is."""
    text = client.get(reverse("admin:core_auditentry_changelist") + query).content.decode()
    older = re.search(r'href="(\?[^"]*before=[^"]*)"[^>]*>(?:Older|Search further back)', text)
    return re.findall(r"act \d", text), older[1].replace("&amp;", "&") if older else ""


def test_page_by_page_every_row_is_reached_once(reader: Client) -> None:
    seen, query = [], "?actor=ada"
    while query:
        found, query = page(reader, query)
        seen += found
    assert seen == [f"act {n}" for n in reversed(range(10))]


def test_what_is_rare_is_found_by_looking_further_back(reader: Client) -> None:
    found, query = page(reader, "?object=3")
    assert found == []
    while query and not found:
        found, query = page(reader, query)
    assert found == ["act 3"]


def test_a_search_says_how_many_rows_it_looked_at(reader: Client) -> None:
    text = reader.get(reverse("admin:core_auditentry_changelist") + "?object=3").content.decode()
    assert "Searched 4 rows." in text


def test_a_filter_that_cannot_be_read_finds_nothing(reader: Client) -> None:
    assert page(reader, "?since=yesterday-ish")[0] == []
    assert page(reader, "?action=no-such")[0] == []
