"""What is being collected, in the admin."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from notifications.services.close_digests import close_due
from notifyproj.core.clock import now
from tests.flows.digests.steps import an_hour_passes, collected, tell
from tests.world import World

LIST = reverse("admin:digests_digest_changelist")


@pytest.fixture
def operator(world: World) -> Iterator[Client]:
    user = User.objects.create_superuser("operator")
    client = Client()
    client.force_login(user)
    yield client
    user.delete()


def text(client: Client, **query: str) -> str:
    return client.get(LIST, query).content.decode()


def test_an_open_digest_says_whose_it_is_and_how_much_is_in_it(
    news: World, operator: Client
) -> None:
    collected(template="digest", digest={"seconds": 3600, "count": 20})
    tell(news, "A-1", "A-2", "A-3")

    page = text(operator)

    assert "ada" in page
    assert "3 of 20" in page
    assert f"{now() + timedelta(hours=1):%Y-%m-%dT%H}" in page


def test_one_that_went_out_is_no_longer_there(news: World, operator: Client) -> None:
    tell(news, "A-1")
    an_hour_passes()
    close_due()

    assert "ada" not in text(operator)


def test_it_is_found_by_the_person(news: World, operator: Client) -> None:
    tell(news, "A-1")

    page = reverse("admin:preferences_recipient_change", args=[news.people[0].pk])
    assert page in text(operator, q="ada")
    assert page not in text(operator, q="bob")
