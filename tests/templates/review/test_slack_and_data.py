"""What Slack, Firebase and a receiver's program would refuse or misread is found at publishing."""

import json
from typing import Any

import pytest

from channels.messages import SlackMessage
from channels.webhook import slack
from templates.engine.render import Compiled, render
from templates.review.checks import check
from templates.review.examine import Draft, Review, examine
from tests.channels.samples import NOW, account, envelope

URL = "https://hooks.slack.com/services/T0/B0/secret"
SECTION = '[{"type": "section", "text": {"type": "mrkdwn", "text": %s}%s}]'


def sent(blocks: str, **variables: object) -> list[Any]:
    version = Compiled({"slack": {"default": {"text": "t", "blocks": blocks}}})
    texts = render(version, "slack", "", variables)
    request = slack.build(
        SlackMessage(envelope(URL), texts["text"], texts["blocks"]), account("slack"), NOW
    )
    found: list[Any] = json.loads(request.body)["blocks"]
    return found


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<https://evil.example|https://bank.example>", "&lt;https://evil.example|https://bank.example&gt;"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("<@U123>", "&lt;@U123&gt;"),
        ("A & B", "A &amp; B"),
        ("&lt;x&gt;", "&amp;lt;x&amp;gt;"),
        ("مریم <https://x>", "مریم &lt;https://x&gt;"),
    ],
)  # fmt: skip
def test_a_variable_makes_no_link_and_calls_nobody(name: str, shown: str) -> None:
    text = sent(SECTION % ("{{ 'Hi ' ~ name }}", ""), name=name)[0]["text"]["text"]
    assert text == f"Hi {shown}"


def test_variables_inside_lists_and_records_are_text_too() -> None:
    source = SECTION % ("{{ items[0].name ~ person['first'] }}", "")
    shown = sent(source, items=[{"name": "<!here>"}], person={"first": "<@U1>"})
    assert shown[0]["text"]["text"] == "&lt;!here&gt;&lt;@U1&gt;"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ name|upper }}", "R&amp;D &lt;TEAM&gt;"),
        ("{{ name|first }}", "R"),
        ("{{ name[1:3] }}", "&amp;D"),
        ("{{ name|replace('&', ' + ') }}", "R + D &lt;team&gt;"),
        ("{{ name|escape }}", "R&amp;D &lt;team&gt;"),
        ("{{ 'Yours' if name == 'R&D <team>' else 'Theirs' }}", "Yours"),
        ("{{ nothing|default('<https://x.example|None>') }}", "<https://x.example|None>"),
        ("{{ 'a'|replace('a', '<!here>') }}", "&lt;!here&gt;"),
        ("{{ '<' ~ (name|url(id='&')) ~ '|x>' }}", "<R&amp;D &lt;team&gt;?id=%26|x>"),
    ],
)
def test_filters_and_conditions_see_a_variable_as_it_is(source: str, shown: str) -> None:
    assert sent(SECTION % (source, ""), name="R&D <team>")[0]["text"]["text"] == shown


@pytest.mark.parametrize("mark", [chr(code) for code in range(0xFDD0, 0xFDD6)])
def test_nobody_passes_for_the_author(mark: str) -> None:
    text = sent(SECTION % ("{{ name }}", ""), name=f"{mark}https://evil.example|x\ufdd1")
    assert text[0]["text"]["text"] == "https://evil.example|x"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("[bank](https://evil.example)", r"\[bank\](https://evil.example)"),
        (r"\[bank](https://evil.example)", r"\\\[bank\](https://evil.example)"),
        ("x](https://evil.example)", r"x\](https://evil.example)"),
        ("<!channel> & <https://evil.example|x>", "&lt;!channel&gt; &amp; &lt;https://evil.example|x&gt;"),
    ],
)  # fmt: skip
def test_a_variable_makes_no_link_in_a_markdown_block(name: str, shown: str) -> None:
    source = """[{"type": "markdown", "text": {{ '[' ~ name ~ '](https://shop.example)' }}}]"""
    assert sent(source, name=name)[0]["text"] == f"[{shown}](https://shop.example)"


def test_brackets_beside_a_markdown_block_are_as_they_were() -> None:
    source = '[{"type": "markdown", "text": "*Hi*"}, {"type": "image", "alt_text": {{ name }}}]'
    assert sent(source, name="[a] \\ <b>")[1]["alt_text"] == "[a] \\ <b>"


@pytest.mark.parametrize("kind", ['"type": "section",', ""])
def test_text_of_any_object_is_escaped(kind: str) -> None:
    shown = sent(
        '[{KIND "text": {{ name }}}]'.replace("KIND", kind), name="<https://evil.example|bank>"
    )
    assert shown[0]["text"] == "&lt;https://evil.example|bank&gt;"


@pytest.mark.parametrize("kind", ["text", "raw_text"])
def test_what_slack_shows_as_it_is_is_as_it_was(kind: str) -> None:
    source = '[{"type": "rich_text", "elements": [{"type": "KIND", "text": {{ name }}}]}]'
    assert sent(source.replace("KIND", kind), name="<A> & B")[0]["elements"][0]["text"] == "<A> & B"


@pytest.mark.parametrize("name", ['q"uo\\te', "a\nb\r\n", "\u2028\u2029", "\x1b[31m", "\x7f"])
def test_no_character_breaks_the_document(name: str) -> None:
    assert sent(SECTION % ("{{ name }}", ""), name=name)[0]["text"]["text"] == name


def test_an_author_may_make_a_link_of_a_variable() -> None:
    shown = sent(SECTION % ("{{ '<' ~ url ~ '|Open>' }}", ""), url="https://x.example/?a=1&b=2")
    assert shown[0]["text"]["text"] == "<https://x.example/?a=1&amp;b=2|Open>"


def test_an_address_that_is_no_text_is_as_it_was() -> None:
    button = ', "accessory": {"type": "button", "url": {{ url }}, "value": {{ name }}}'
    shown = sent(SECTION % ('"Hi"', button), url="https://x.example/?a=1&lt=2", name="<a> &amp;")
    assert shown[0]["accessory"]["url"] == "https://x.example/?a=1&lt=2"
    assert shown[0]["accessory"]["value"] == "<a> &amp;"


def test_an_escaped_bracket_calls_no_channel() -> None:
    assert sent(SECTION % ('"\\u003c!channel>"', ""))[0]["text"]["text"] == "&lt;!channel>"


def reviewed(channel: str, part: dict[str, str]) -> Review:
    return examine(Draft("order", "message", {channel: {"default": part}}), {})


@pytest.mark.parametrize(
    ("channel", "part", "words"),
    [
        ("slack", {"text": "t", "blocks": '[{"type": "divider"},]'}, "Invalid JSON"),
        ("slack", {"text": "t", "blocks": '[{"text": "Hi {{ name }}"}]'}, "Invalid JSON"),
        ("slack", {"text": "t", "blocks": '{"type": "divider"}'}, "list of 1 to 50"),
        ("slack", {"text": "t", "blocks": "[]"}, "list of 1 to 50"),
        ("slack", {"text": "t", "blocks": "[" + ",".join(["{}"] * 51) + "]"}, "list of 1 to 50"),
        ("slack", {"text": "t", "blocks": "[" * 5_000 + "]" * 5_000}, "Invalid JSON"),
        ("webhook", {"json": '{"id": {{ id }}'}, "Invalid JSON"),
        ("webhook", {"json": '[{{ id }}]'}, "JSON object"),
        ("webhook", {"json": '{"id": NaN}'}, "Invalid JSON"),
    ],
)  # fmt: skip
def test_a_document_that_is_none_cannot_be_published(
    channel: str, part: dict[str, str], words: str
) -> None:
    found = [problem for problem in reviewed(channel, part).errors if words in problem.message]
    assert [(p.channel, p.locale) for p in found] == [(channel, "default")]


@pytest.mark.parametrize("blocks", ['["text"]', '[{"text": "no type"}]', "[null]"])
def test_a_block_without_a_type_cannot_be_published(blocks: str) -> None:
    (problem,) = reviewed("slack", {"text": "t", "blocks": blocks}).errors
    assert "with a `type`" in problem.message


REFUSED = [
    ("webhook", "event", "order shipped!", "words joined by dots"),
    ("webhook", "json", f'{{"a": "{"x" * 65_000}"}}', "More than 65,000 bytes"),
    ("slack", "text", "x" * 39_001, "More than 39,000 bytes"),
    ("push", "link", "javascript:alert(1)", "not a link"),
    ("push", "badge", "-1", "not a whole number"),
    ("push", "ios_interruption_level", "loud", "is not one of"),
    ("push", "ios_relevance_score", "1.5", "is not a number from 0 to 1"),
    ("push", "android_color", "red", "is not written like"),
]


@pytest.mark.parametrize(("channel", "field", "text", "why"), REFUSED)
def test_what_its_channel_would_refuse_cannot_be_published(
    channel: str, field: str, text: str, why: str
) -> None:
    whole = {"push": {"title": "t"}, "slack": {"text": "t"}, "webhook": {"json": "{}"}}[channel]
    (problem,) = reviewed(channel, {**whole, field: text}).errors
    assert problem.field == field
    assert why in problem.message


def test_what_a_variable_may_bring_is_a_warning() -> None:
    found = reviewed("push", {"title": "t", "badge": "{{ unread }}", "android_color": "{{ tint }}"})
    assert found.errors == []
    warned = {(p.field, p.message.split(":")[0]) for p in found.problems if p.warning}
    assert ("android_color", "With the sample data") in warned


@pytest.mark.parametrize(
    ("channel", "part"),
    [
        ("slack", {"text": "t", "blocks": SECTION % ("{{ 'Hi ' ~ name }}", "")}),
        ("webhook", {"json": '{"id": {{ id }}, "rows": {{ rows }}}'}),
    ],
)
def test_a_document_with_variables_can(channel: str, part: dict[str, str]) -> None:
    sample = {"rows": ["سلام", 'a"b']}
    draft = Draft("order", "message", {channel: {"default": part}}, sample=sample)
    assert examine(draft, {}).errors == []


@pytest.mark.parametrize(
    "name",
    ["from", "message_type", "collapse_key", "google.c.a.e", "google.x", "gcm.n.e", "gcm.x"],
)
def test_a_name_firebase_keeps_for_itself_cannot_be_published(name: str) -> None:
    problems = check({"push": {"default": {"title": "t", "data": {name: "x"}}}})
    assert [p.field for p in problems] == [f"data.{name}"]
    assert "Firebase" in problems[0].message


@pytest.mark.parametrize(("name", "keeper"), [("aps", "Apple"), ("delivery_id", "The platform")])
def test_a_name_that_would_be_written_over_cannot_either(name: str, keeper: str) -> None:
    problems = check({"push": {"default": {"title": "t", "data": {name: "x"}}}})
    assert [(p.field, p.message.split(" keeps")[0]) for p in problems] == [(f"data.{name}", keeper)]


@pytest.mark.parametrize("name", ["from_city", "message_types", "google_id", "gcmx", "From"])
def test_a_name_like_it_can(name: str) -> None:
    assert check({"push": {"default": {"title": "t", "data": {name: "x"}}}}) == []


@pytest.mark.parametrize("channel", ["web_push", "inbox", "webhook"])
def test_other_channels_have_their_own_names(channel: str) -> None:
    part = {"title": "t"} if channel != "webhook" else {}
    assert check({channel: {"default": {**part, "data": {"from": "x"}}}}) == []
