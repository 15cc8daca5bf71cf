"""Ada, who has an address and a number; and the link to her page."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.test import Client

from notifyproj.core.clock import now
from preferences.addresses.addresses import new_data_key
from preferences.centre.links import preferences_url
from preferences.models import Category, ContactPoint, NotificationType, Recipient
from tests.world import contact_point, forget_all


class Home(NamedTuple):
    ada: Recipient
    offers: NotificationType
    codes: NotificationType
    mail: ContactPoint

    def path(self, *, days_ago: int = 0) -> str:
        url = preferences_url(self.ada.pk, now() - timedelta(days=days_ago))
        return url[url.index("/p/") :]

    def key(self, channel: str) -> str:
        return f"{self.offers.pk}.{channel}"


def home() -> Home:
    news = Category.objects.create(slug="news", name="Offers and ideas", description="At leisure.")
    offers = NotificationType.objects.create(
        slug="offers",
        name="Weekly offers",
        description="What is cheap this week.",
        channels=["email", "sms", "push"],
        opt_in_channels=["sms"],
        category=news,
        legal_class="marketing",
    )
    codes = NotificationType.objects.create(
        slug="codes", name="Login codes", channels=["sms"], mandatory=True
    )
    ada = Recipient.objects.create(
        external_id="ada",
        data_key=new_data_key("ada"),
        timezone="Europe/Vienna",
        attributes={"nickname": "Lovelace"},
    )
    mail = contact_point(ada, "email", "ada@example.org")
    contact_point(ada, "sms", "+436601234567")
    return Home(ada, offers, codes, mail)


@pytest.fixture
def at_home(db: None) -> Iterator[Home]:
    forget_all()
    yield home()
    forget_all()


@pytest.fixture
def visitor() -> Client:
    """A browser without a cookie; it sends no CSRF token either."""
    return Client(enforce_csrf_checks=True)
