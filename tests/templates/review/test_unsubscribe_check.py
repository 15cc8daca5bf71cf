"""Marketing says how to end it, whatever its variables are."""

from typing import Any

import pytest

from templates.review.unsubscribe_check import without_way_out

LINK = "{{ unsubscribe_url }}"


def places(parts: Any) -> list[tuple[str, str]]:
    return [(problem.channel, problem.field) for problem in without_way_out(parts)]


@pytest.mark.parametrize(
    "body",
    [
        "Offers! Reply STOP to end.",
        f"Offers! {LINK}",
        "Offers! {{ preferences_url }}",
        "{# for Ada #}{% if vip %}Dear friend,{% endif %} txt STOP",
    ],
)
def test_an_sms_with_a_way_out_passes(body: str) -> None:
    assert places({"sms": {"default": {"body": body}}}) == []


@pytest.mark.parametrize(
    "body",
    [
        "Offers!",
        "NONSTOP offers, unstoppable",
        "Offers! {# Reply STOP #}",
        "{% if eu %}Reply STOP{% endif %} Offers!",
        "{% for o in offers %}" + LINK + "{% endfor %}",
        "{{ unsubscribe_url if eu else '' }}",
        "{{ 'unsubscribe_url' }}",
        "{{ offer.unsubscribe_url }}",
        "unsubscribe_url",
    ],
)
def test_an_sms_without_one_does_not(body: str) -> None:
    assert places({"sms": {"default": {"body": body}}}) == [("sms", "body")]


def test_an_e_mail_needs_it_in_each_form_and_language() -> None:
    whole = {"subject": "Offers", "html": f"<a href='{LINK}'>Stop</a>", "text": LINK}
    parts = {"default": whole, "de": {**whole, "text": "Angebote"}, "fr": {**whole, "html": "x"}}

    found = [(problem.locale, problem.field) for problem in without_way_out({"email": parts})]

    assert found == [("de", "text"), ("fr", "html")]


def test_a_form_that_is_not_there_needs_none() -> None:
    assert places({"email": {"default": {"subject": "Offers", "text": LINK}}}) == []


def test_a_push_has_the_settings_of_its_app() -> None:
    assert places({"push": {"default": {"title": "Offers"}}}) == []
