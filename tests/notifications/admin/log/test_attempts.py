"""The list of delivery attempts."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from channels.base import OutcomeKind
from notifications.admin.log import attempts
from notifications.models import Attempt
from notifyproj.core.clock import milliseconds, now
from notifyproj.core.ids import uuid7

pytestmark = pytest.mark.django_db


def a_try(minutes_ago: int, outcome: OutcomeKind, code: str) -> None:
    at = now()
    Attempt.objects.create(
        delivery_id=uuid7(milliseconds(at) - minutes_ago * 60_000),
        number=1,
        started_at=at,
        duration_ms=12,
        outcome=outcome,
        code=code,
        account_id=0,
    )


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(attempts, "SHOWN", 2)
    for n, kind in enumerate((OutcomeKind.ACCEPTED, OutcomeKind.RETRY, OutcomeKind.ACCEPTED)):
        a_try(n, kind, f"code-{n}")
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def page(client: Client, query: str = "") -> str:
    url = reverse("admin:notifications_delivery_attempts")
    return client.get(url + query).content.decode()


def test_the_newest_come_first_and_older_ones_on_the_next_page(reader: Client) -> None:
    first = page(reader)
    assert first.index("code-0") < first.index("code-1")
    assert "code-2" not in first
    older = first.partition('href="?before=')[2].partition('"')[0]
    assert "code-2" in page(reader, f"?before={older}")


def test_they_are_narrowed_by_what_became_of_them(reader: Client) -> None:
    found = page(reader, "?outcome=retry&account=inbox")
    assert "code-1" in found
    assert "code-0" not in found


def test_what_is_beyond_the_rows_looked_at_is_one_click_further(
    reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "LOOKED_AT", 1)
    found = page(reader, "?code=code-2")
    assert "Searched 1 attempts." in found
    assert "code-2</span>" not in found
