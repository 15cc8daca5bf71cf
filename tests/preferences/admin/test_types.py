"""A type in the admin: what the senders read from it is checked when it is written."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from channels.accounts.credentials import account_upsert
from channels.models import App
from preferences.admin.type_form import checked_fallbacks
from preferences.facts.types import Fallback, catalogue
from preferences.models import NotificationType

STEP = {"from": "push", "to": "sms", "unless": "accepted", "after": 10}


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("maria"))
    return client


@pytest.fixture
def news(db: None) -> NotificationType:
    return NotificationType.objects.create(slug="news", name="News", channels=["push"])


def save(operator: Client, news: NotificationType, **fields: Any) -> str:
    form = {
        "name": "News",
        "channels": "push",
        "max_priority": "normal",
        "on_uncertain": "resend",
        "ttl_seconds": "60",
        "enabled": "on",
        "routing": "reliable",
        "fallbacks": "[]",
        "legal_class": "service",
        "duplicate_seconds": "0",
        "over_cap": "drop",
        "digest": "{}",
        "names": "{}",
        "descriptions": "{}",
        "caps-TOTAL_FORMS": "0",
        "caps-INITIAL_FORMS": "0",
    } | fields
    url = reverse("admin:preferences_notificationtype_change", args=[news.pk])
    page = operator.post(url, form, follow=True).content.decode()
    news.refresh_from_db()
    catalogue.forget()
    return page


def test_a_fallback_is_what_the_senders_read(operator: Client, news: NotificationType) -> None:
    save(operator, news, fallbacks=json.dumps([STEP]), track_opens="on")

    value = catalogue.get().by_slug["news"]
    assert value.fallbacks == (Fallback("push", "sms", "accepted", 10.0),)
    assert (value.track_opens, value.track_clicks) == (True, False)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ({"from": "push"}, "list of steps"),
        (["push"], "Step 1: write it as"),
        ([STEP, {**STEP, "why": "so"}], "Step 2: write it as"),
        ([{**STEP, "from": "pigeon"}], "“from” is one of push"),
        ([{**STEP, "to": ["sms"]}], "“to” is one of push"),
        ([{**STEP, "to": "push"}], "another channel than push"),
        ([{**STEP, "unless": "read"}], "accepted or delivered"),
        ([{**STEP, "after": 0}], "number of seconds"),
        ([{**STEP, "after": True}], "number of seconds"),
        ([{**STEP, "after": float("nan")}], "number of seconds"),
        ([STEP, STEP], "Step 2: from push to sms unless accepted is already listed"),
        ([STEP, {**STEP, "from": "sms", "to": "push"}], "leads back to push"),
    ],
)
def test_a_step_that_makes_no_sense_is_named(steps: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked_fallbacks(steps)


def test_not_accepted_soon_and_not_delivered_later_are_two_steps() -> None:
    steps = [STEP, {**STEP, "unless": "delivered", "after": 60}]
    assert checked_fallbacks(steps) == steps


def test_a_refused_step_is_told_beside_its_field(operator: Client, news: NotificationType) -> None:
    assert "Step 1: write it as" in save(operator, news, fallbacks='[{"from": "push"}]')
    assert news.fallbacks == []


def test_one_account_only_needs_the_account(operator: Client, news: NotificationType) -> None:
    assert "Choose an account" in save(operator, news, routing="fixed")
    account = account_upsert(slug="texts", channel="sms", kind="twilio")
    page = save(operator, news, fixed_account=str(account.pk))
    assert "Only with the routing" in page

    save(operator, news, routing="fixed", fixed_account=str(account.pk))

    assert catalogue.get().by_slug["news"].fixed_account == account.pk


def test_names_in_other_languages_are_kept(operator: Client, news: NotificationType) -> None:
    save(operator, news, names='{"de": "Neues"}')

    assert news.names == {"de": "Neues"}


def test_a_wrong_language_is_told_beside_its_field(
    operator: Client, news: NotificationType
) -> None:
    assert "is no language" in save(operator, news, names='{"German": "Neues"}')
    assert news.names == {}


def test_channels_are_ticked(operator: Client, news: NotificationType) -> None:
    url = reverse("admin:preferences_notificationtype_change", args=[news.pk])
    page = operator.get(url).content.decode()

    assert re.search(r'<input type="checkbox" name="channels" value="push"[^>]* checked', page)
    assert '<textarea name="digest"' in page
    assert 'rows="3"' in page


def test_a_type_that_nobody_confirms_cannot_be_made_to_wait(
    operator: Client, news: NotificationType
) -> None:
    assert "Select a valid choice" in save(operator, news, on_uncertain="wait")
    assert news.on_uncertain == "resend"


def test_waiting_is_not_offered_where_no_receipt_comes(
    operator: Client, news: NotificationType
) -> None:
    page = reverse("admin:preferences_notificationtype_change", args=[news.pk])

    assert "Wait for a receipt" not in operator.get(page).content.decode()


def test_a_type_that_was_made_to_wait_before_is_saved_otherwise(
    operator: Client, news: NotificationType
) -> None:
    NotificationType.objects.update(on_uncertain="wait")
    page = reverse("admin:preferences_notificationtype_change", args=[news.pk])
    assert "Wait for a receipt" not in operator.get(page).content.decode()

    save(operator, news)

    assert news.on_uncertain == "resend"


def test_a_type_of_mail_may_wait_while_no_account_says_otherwise(
    operator: Client, news: NotificationType
) -> None:
    NotificationType.objects.update(channels=["email"])

    save(operator, news, channels="email", on_uncertain="wait")

    assert news.on_uncertain == "wait"


def test_who_changes_the_channels_is_told_that_nobody_confirms_them(
    operator: Client, news: NotificationType
) -> None:
    NotificationType.objects.update(channels=["email"], on_uncertain="wait")

    page = save(operator, news, channels="push", on_uncertain="wait")

    assert "No account of these channels receives delivery receipts" in page


def test_a_new_type_sends_once_more_unless_somebody_chooses() -> None:
    assert NotificationType().on_uncertain == "resend"


@pytest.mark.parametrize("field", ["fallbacks", "digest", "names", "descriptions"])
@pytest.mark.parametrize("text", ["[" * 100_000, '{"de": "\\u0000"}', "{NaN}", '"text"', "[[]]"])
def test_json_that_is_none_of_a_type_changes_nothing(
    operator: Client, news: NotificationType, field: str, text: str
) -> None:
    before = getattr(news, field)
    save(operator, news, **{field: text})
    assert getattr(news, field) == before


def test_a_fallback_may_name_an_app_beside_the_channel(
    operator: Client, news: NotificationType
) -> None:
    app = App.objects.create(slug="onesignal", name="OneSignal", channel="push")
    step = {**STEP, "to": "push", "app": "onesignal"}

    save(operator, news, fallbacks=json.dumps([step]))

    value = catalogue.get().by_slug["news"]
    assert value.fallbacks == (Fallback("push", "push", "accepted", 10.0, app.pk),)
    assert catalogue.get().apart == {app.pk}


@pytest.mark.parametrize("app", ["nowhere", "", None, 7])
def test_an_app_that_is_not_of_the_channel_is_no_step(app: object, db: None) -> None:
    App.objects.create(slug="browsers", name="Browsers", channel="web_push")
    for wrong in (app, "browsers"):
        with pytest.raises(ValueError, match="there is no app"):
            checked_fallbacks([{**STEP, "to": "push", "app": wrong}])
