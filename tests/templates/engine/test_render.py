from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest

from templates.engine.language import MAX_OUTPUT
from templates.engine.render import Compiled, RenderFailed, render

ORDER: dict[str, object] = {"order_id": "ORD-1", "total": "$5"}


def text(source: str, variables: Mapping[str, object] | None = None) -> str:
    version = Compiled({"sms": {"default": {"body": source}}})
    return render(version, "sms", "", variables or {})["body"]


def mail(**fields: Any) -> Compiled:
    return Compiled({"email": {"default": {"subject": "s", "text": "t", **fields}}})


def test_each_field_of_the_channel_is_written() -> None:
    version = Compiled(
        {"push": {"default": {"title": "Order {{ order_id }}", "body": "{{ total }}"}}}
    )
    assert render(version, "push", "", ORDER) == {"title": "Order ORD-1", "body": "$5"}


def test_data_comes_under_its_names() -> None:
    version = Compiled({"push": {"default": {"title": "t", "data": {"order": "{{ order_id }}"}}}})
    assert render(version, "push", "", ORDER)["data_order"] == "ORD-1"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("de-AT", "Servus"),
        ("de_at", "Servus"),
        ("de-CH", "Hallo"),
        ("de-Latn-CH", "Hallo"),
        ("de", "Hallo"),
        ("den", "Hello"),
        ("fr", "Hello"),
        ("", "Hello"),
    ],
)
def test_the_nearest_language_is_taken(wanted: str, said: str) -> None:
    locales = {"default": {"body": "Hello"}, "de": {"body": "Hallo"}, "de-AT": {"body": "Servus"}}
    assert render(Compiled({"sms": locales}), "sms", wanted, {})["body"] == said


def test_what_says_the_same_in_every_language_is_inherited() -> None:
    default = {"title": "Hello", "body": "World", "link": "/orders", "data": {"a": "1"}}
    version = Compiled({"push": {"default": default, "de": {"title": "Hallo"}}})
    assert render(version, "push", "de", {}) == {"title": "Hallo", "link": "/orders", "data_a": "1"}


def test_html_is_escaped() -> None:
    assert (
        render(mail(html="<b>{{ a }}</b>"), "email", "", {"a": "<i>&"})["html"]
        == "<b>&lt;i&gt;&amp;</b>"
    )


def test_plain_text_is_not_escaped() -> None:
    assert text("{{ a }}", {"a": "<i> & co"}) == "<i> & co"


def test_a_webhook_body_stays_json_whatever_the_value() -> None:
    version = Compiled({"webhook": {"default": {"json": '{"a": {{ a }}}'}}})
    assert (
        render(version, "webhook", "", {"a": 'x", "b": 1'})["json"] == '{"a": "x\\", \\"b\\": 1"}'
    )


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x85", "\u2028"])
def test_a_subject_stays_one_line(line_break: str) -> None:
    subject = render(mail(subject="Hi {{ a }}"), "email", "", {"a": f"x{line_break}Bcc: y"})[
        "subject"
    ]
    assert subject == "Hi x Bcc: y"


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "x y", "https://a b"],
)
def test_what_is_no_link_is_refused(link: str) -> None:
    version = Compiled({"inbox": {"default": {"title": "t", "link": "{{ a }}"}}})
    with pytest.raises(RenderFailed, match="link: It is not a link"):
        render(version, "inbox", "", {"a": link})


@pytest.mark.parametrize("link", ["https://shop.example/a?b=c", "/orders/1", "shop://orders/1", ""])
def test_links_of_the_web_and_of_apps_pass(link: str) -> None:
    version = Compiled({"inbox": {"default": {"title": "t", "link": "{{ a }}"}}})
    assert render(version, "inbox", "", {"a": link})["link"] == link


@pytest.mark.parametrize("variables", [{}, {"total": None}])
def test_a_missing_or_null_variable_fails_its_field(variables: dict[str, object]) -> None:
    with pytest.raises(RenderFailed, match="body: A variable is missing \\(line 2\\)"):
        text("a\n{{ total }}", variables)


def test_a_failure_shows_no_value() -> None:
    with pytest.raises(RenderFailed) as caught:
        text("{{ code - 1 }}", {"code": "hunter2"})
    assert "hunter2" not in f"{caught.value}{caught.value.__cause__}"
    assert caught.value.__suppress_context__


def test_a_channel_without_text_fails() -> None:
    with pytest.raises(RenderFailed, match="no text for push"):
        render(mail(), "push", "", {})


def test_a_variable_may_have_any_name() -> None:
    assert text("{{ self }}{{ template_name }}", {"self": 1, "template_name": 2}) == "12"


@pytest.mark.parametrize("value", ["\ud800", 10**100, float("nan"), [[]], {"a": {}}])
def test_a_strange_value_never_breaks_more_than_its_field(value: object) -> None:
    with suppress(RenderFailed):  # any other exception would take the batch along
        assert text("{{ a }}", {"a": value})


def test_an_unlimited_text_is_refused() -> None:
    with pytest.raises(RenderFailed, match="too long"):
        text("{{ a }}{{ a }}", {"a": "x" * MAX_OUTPUT})


@pytest.mark.parametrize(
    "given",
    [
        "a@b.example\r\nBcc: all@b.example",
        "a@b.example\n b@c.example",
        "not an address",
        "a@b.example, c@d.example",
        "\u2028a@b.example\u2028x",
    ],
)
def test_what_is_no_address_is_refused_as_it_is(given: str) -> None:
    with pytest.raises(RenderFailed) as caught:
        render(mail(reply_to="{{ answers }}"), "email", "", {"answers": given})
    assert caught.value.field == "reply_to"
    assert "b.example" not in str(caught.value)


@pytest.mark.parametrize("given", ["a@b.example", "Müller می\u200cشود <a@b.example>", "", " \n"])
def test_an_address_with_or_without_a_name_is_written(given: str) -> None:
    written = render(mail(reply_to="{{ answers }}\n"), "email", "", {"answers": given})
    assert written["reply_to"] == given.strip()
