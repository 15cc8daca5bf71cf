"""How often and when a notification type may be sent, as it is set in the admin."""

from datetime import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from preferences.digest_form import checked_digest
from preferences.facts.types import CapValue, caps, caps_of, catalogue
from preferences.models import Cap, Category, NotificationType
from tests.preferences.admin.test_types import save


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("maria"))
    catalogue.forget()
    caps.forget()
    return client


@pytest.fixture
def news(db: None) -> NotificationType:
    return NotificationType.objects.create(slug="news", name="News", channels=["push"])


def add_cap(operator: Client, **fields: Any) -> str:
    form = {"most": "5", "per": "day"} | fields
    page = operator.post(reverse("admin:preferences_cap_add"), form, follow=True)
    return page.content.decode()


def test_limits_of_a_type_are_set_with_it(operator: Client, news: NotificationType) -> None:
    save(
        operator,
        news,
        duplicate_seconds="600",
        over_cap="defer",
        send_from="09:00",
        send_until="18:00",
        **{"caps-TOTAL_FORMS": "1", "caps-0-most": "2", "caps-0-per": "day"},
    )

    value = catalogue.get().by_slug["news"]
    assert (value.duplicate_seconds, value.over_cap) == (600, "defer")
    assert value.rules.window == (time(9), time(18))
    (cap,) = caps_of(value)
    assert (cap.text, cap.type_id) == ("2 a day", news.pk)


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ({"send_from": "09:00"}, "Set both, or neither"),
        ({"send_until": "09:00"}, "Set both, or neither"),
        ({"send_from": "09:00", "send_until": "09:00"}, "Must differ from the start"),
    ],
)
def test_hours_have_a_beginning_and_an_end(
    operator: Client, news: NotificationType, hours: dict[str, str], words: str
) -> None:
    assert words in save(operator, news, **hours)
    assert catalogue.get().by_slug["news"].rules.window is None


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"count": 20},
        {"seconds": 0.5 + 1, "by": "order_id"},
        {"by": "order_id", "count": 20, "seconds": 3600, "at": "18:00"},
    ],
)
def test_a_digest_is_kept_as_it_was_written(said: dict[str, Any]) -> None:
    assert checked_digest(said) == said


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([], "Write it as"),
        (["18:00"], "Write it as"),
        ({"at": "18:00", "day": "Monday"}, "Write it as"),
        ({"by": "order_id"}, "Say what closes it"),
        ({"count": 0}, "Say what closes it"),
        ({"count": 1}, "“count” is"),
        ({"count": 2.5}, "“count” is"),
        ({"count": True}, "“count” is"),
        ({"seconds": 604_801}, "“seconds” is"),
        ({"seconds": float("nan")}, "“seconds” is"),
        ({"seconds": "60"}, "“seconds” is"),
        ({"at": "6 pm"}, "“at” is"),
        ({"at": "18:00+01:00"}, "“at” is"),
        ({"at": 18}, "“at” is"),
        ({"count": 5, "by": 7}, "“by” is"),
    ],
)
def test_a_digest_that_makes_no_sense_is_refused(said: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked_digest(said)


def test_a_refused_digest_says_so_in_the_form(operator: Client, news: NotificationType) -> None:
    assert "Say what closes it" in save(operator, news, digest='{"by": "order_id"}')


def test_everybodys_attention_budget_is_a_cap_of_nothing_in_particular(
    operator: Client, news: NotificationType
) -> None:
    add_cap(operator, legal_class="marketing")

    cap = Cap.objects.get()
    assert caps.get() == (CapValue(cap.pk, 5, "day", legal_class="marketing"),)
    assert caps_of(catalogue.get().by_slug["news"]) == ()  # that one is service


def test_a_limit_that_would_never_hold_is_refused(operator: Client, news: NotificationType) -> None:
    group = Category.objects.create(slug="offers", name="Offers")
    codes = NotificationType.objects.create(
        slug="codes", name="Codes", channels=["sms"], mandatory=True
    )

    assert "not both" in add_cap(operator, type=str(news.pk), category=str(group.pk))
    assert "News is service" in add_cap(operator, type=str(news.pk), legal_class="marketing")
    assert "Codes is mandatory" in add_cap(operator, type=str(codes.pk))
    assert not Cap.objects.exists()


def test_what_is_limited_is_listed(operator: Client, news: NotificationType) -> None:
    group = Category.objects.create(slug="offers", name="Offers")
    Cap.objects.create(type=news, most=1, per="hour")
    Cap.objects.create(category=group, most=2, per="week")
    Cap.objects.create(most=20, per="week", legal_class="marketing")

    page = operator.get(reverse("admin:preferences_cap_changelist")).content.decode()

    for words in ("1 an hour", "2 a week", "news", "Offers", "everything not mandatory"):
        assert words in page


def test_a_group_of_news_has_its_limits_beside_it(operator: Client) -> None:
    form = {
        "slug": "offers",
        "name": "Offers",
        "position": "1",
        "caps-TOTAL_FORMS": "1",
        "caps-INITIAL_FORMS": "0",
        "caps-0-most": "3",
        "caps-0-per": "week",
    }
    operator.post(reverse("admin:preferences_category_add"), form)

    cap = Cap.objects.get()
    assert (str(cap), cap.category) == ("3 a week", Category.objects.get(slug="offers"))
