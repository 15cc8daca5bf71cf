from typing import Any

import pytest

from templates.review.checks import check, declared_variables

GOOD = {"sms": {"default": {"body": "Hi {{ name }}"}}}


def places(parts: object) -> list[str]:
    return [f"{p.channel}/{p.locale}/{p.field}:{p.line or ''}" for p in check(parts)]


def test_good_parts_have_no_problem() -> None:
    assert check(GOOD) == []


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({}, "//:"),
        ([], "//:"),
        ({"fax": {}}, "fax//:"),
        ({"sms": {"de": {"body": "x"}}}, "sms//:"),
        ({"sms": "x"}, "sms//:"),
        ({"sms": {"default": "x"}}, "sms/default/:"),
        ({"sms": {"default": {"body": "x"}, "../de": {"body": "x"}}}, "sms/../de/:"),
        ({"sms": {"default": {}}}, "sms/default/body:"),
        ({"sms": {"default": {"body": 5}}}, "sms/default/body:"),
        ({"sms": {"default": {"body": "x", "title": "x"}}}, "sms/default/title:"),
        ({"sms": {"default": {"body": "x", "data": {}}}}, "sms/default/data:"),
        ({"sms": {"default": {"body": "a\n{{ b"}}}, "sms/default/body:2"),
        ({"sms": {"default": {"body": "a\n\n{{ b|format }}"}}}, "sms/default/body:3"),
        ({"sms": {"default": {"body": "a\0"}}}, "sms/default/body:"),
        ({"push": {"default": {"title": "x", "data": {"a b": "x"}}}}, "push/default/data.a b:"),
        ({"push": {"default": {"title": "x", "data": []}}}, "push/default/data:"),
        ({"email": {"default": {"subject": "x"}}}, "email/default/mjml:"),
    ],
)
def test_a_problem_points_at_its_place(parts: object, place: str) -> None:
    assert places(parts) == [place]


def test_every_problem_is_told_at_once() -> None:
    parts = {"sms": {"default": {"body": "{{"}, "de": {"body": "{% set a = 1 %}"}}}
    assert places(parts) == ["sms/default/body:1", "sms/de/body:1"]


def test_the_variables_of_every_channel_and_language_are_needed() -> None:
    parts: dict[str, dict[str, dict[str, Any]]] = {
        "sms": {"default": {"body": "{{ a }}"}, "de": {"body": "{{ b }}"}},
        "push": {
            "default": {
                "title": "{% for i in items %}{{ i.x }}{% endfor %}",
                "data": {"k": "{{ c }}"},
            }
        },
    }
    assert declared_variables(parts) == ["a", "b", "c", "items"]


@pytest.mark.parametrize(
    "body", ["{{ name|default('you') }}", "{% if name is defined %}{{ name }}{% endif %}"]
)
def test_what_a_text_can_do_without_is_not_needed(body: str) -> None:
    assert declared_variables({"sms": {"default": {"body": body}}}) == []


def mail(reply_to: str) -> dict[str, Any]:
    return {"email": {"default": {"subject": "s", "text": "t", "reply_to": reply_to}}}


@pytest.mark.parametrize(
    "text",
    ["not an address", "a@b.example, c@d.example", "a@b.example\nBcc: x@y.example", "jörg@b.de"],
)
def test_a_reply_address_that_is_none_cannot_be_published(text: str) -> None:
    assert places(mail(text)) == ["email/default/reply_to:"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "help@shop.example\n",
        "Müller Support <support@shop.example>",
        "پشتیبانی <a@bücher.example>",
        "{{ support }}",
        "{{ shop }} <help@shop.example>",
        "{% if vip %}vip@shop.example{% endif %}",
    ],
)
def test_a_reply_address_may_have_a_name_and_variables(text: str) -> None:
    assert check(mail(text)) == []


@pytest.mark.parametrize(
    ("locales", "wrong"),
    [
        (["de", "zh-Hant", "pt_BR"], []),
        (["he", "iw"], ["iw"]),
        (["zh-TW", "zh_tw"], ["zh_tw"]),
        (["no", "nb"], ["nb"]),
        (["english"], ["english"]),
        (["de--AT"], ["de--AT"]),
    ],
)
def test_a_language_is_written_once_and_by_a_tag(locales: list[str], wrong: list[str]) -> None:
    texts = {name: {"body": "Hi"} for name in ["default", *locales]}
    assert places({"sms": texts}) == [f"sms/{name}/:" for name in wrong]
