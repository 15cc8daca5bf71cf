"""What is rendered is made when a version is published: HTML of MJML, the preheader, a text."""

from typing import Any

import pytest

from templates.build.build import build, text_of
from templates.engine.render import Compiled, render

MJML = """<mjml><mj-body>{{% for offer in offers %}}<mj-section><mj-column>
<mj-text>{}</mj-text><mj-button href="{{{{ offer.url }}}}">Go</mj-button>
</mj-column></mj-section>{{% endfor %}}</mj-body></mjml>"""


def mail(**fields: Any) -> dict[str, Any]:
    built = build({"email": {"default": {"subject": "s", **fields}}}, {})
    assert built.problems == []
    return built.parts["email"]["default"]


def written(variables: dict[str, Any], **fields: Any) -> dict[str, str]:
    return render(Compiled({"email": {"default": mail(**fields)}}), "email", "", variables)


def test_mjml_becomes_html_that_still_escapes_its_variables() -> None:
    offers = [{"name": "<b>&", "url": 'https://x.example/?a="'}, {"name": "two", "url": "/2"}]
    html = written({"offers": offers}, mjml=MJML.format("{{ offer.name|default('a > b') }}"))[
        "html"
    ]
    assert "&lt;b&gt;&amp;" in html
    assert "<b>" not in html
    assert 'href="https:&#x2f;&#x2f;x.example&#x2f;?a=&quot;"' in html
    assert html.count(">Go<") == 2


def test_an_mjml_mail_asks_nobody_for_fonts() -> None:
    assert "//" not in mail(mjml=MJML.format("x"))["html"].replace("http://www.w3.org", "").replace(
        "//<!", ""
    )


@pytest.mark.parametrize(
    ("mjml", "line", "why"),
    [
        ("<mjml>\n<mj-body>\n<mj-foo/></mj-body></mjml>", 3, "knows no `mj-foo`"),
        ("<mjml>\n<mj-body>\n</mj-section></mj-body></mjml>", 3, "ends nothing"),
        ("<mjml>\n<mj-body>\n<mj-section></mj-body></mjml>", 3, "ends nothing"),
        ("<mjml><mj-body>\n<mj-include path='/etc/passwd' /></mj-body></mjml>", 2, "use a partial"),
        ("{{ a }}", 1, "This is not MJML"),
        ("<mjml><mj-body>\n" + "<mj-wrapper>" * 9_000, 2, "More than 100 elements"),
        (
            "<mjml><mj-body><mj-section><mj-column>\n<mj-image src='x' width='{{ w }}' />"
            "</mj-column></mj-section></mj-body></mjml>",
            2,
            "shows nothing at this place: `{{ w }}`",
        ),
    ],
)
def test_broken_mjml_names_its_line(mjml: str, line: int, why: str) -> None:
    found = build({"email": {"default": {"subject": "s", "mjml": mjml}}}, {}).problems
    assert [(p.field, p.line, why in p.message) for p in found] == [("mjml", line, True)]


def test_the_preheader_comes_first_and_is_not_seen() -> None:
    html = written(
        {"n": "<3"}, html="<html><body class='a'><p>Hi</p></body></html>", preheader="A & {{ n }}"
    )["html"]
    assert html.startswith("<html><body class='a'><div style=\"display:none;")
    assert "A &amp; &lt;3" in html


def test_a_text_is_made_of_the_html_and_keeps_its_variables() -> None:
    html = (
        "<style>p {}</style><h1>Hello {{ name }}</h1><ul>{% for i in items %}<li>{{ i }}</li>"
        "{% endfor %}</ul><a href='{{ url }}'>Look &amp; buy</a>"
    )
    texts = written({"name": "<Ada>", "items": [1, 2], "url": "https://a.example"}, html=html)
    assert texts["text"] == "Hello <Ada>\n\n- 1\n- 2\n\nLook & buy (https://a.example)"


def test_a_text_somebody_wrote_stays() -> None:
    assert mail(html="<p>Hi</p>", text="Own")["text"] == "Own"


def test_no_text_is_made_where_a_condition_would_lose_its_end() -> None:
    assert text_of("<p {% if a %}class='x'>{% endif %}Hi</p>") == ""


def test_html_and_mjml_are_not_both_written() -> None:
    part = {"subject": "s", "html": "x", "mjml": "<mjml><mj-body></mj-body></mjml>"}
    assert "not both" in build({"email": {"default": part}}, {}).problems[0].message


@pytest.mark.parametrize("forged", ["qzqz0zq0zq", "qz0{# a #}zq", "qzqzqz0zq0zq0zq"])
def test_a_word_that_stands_for_a_block_cannot_be_forged(forged: str) -> None:
    """Not of what is left when another goes, nor of two halves around a comment."""
    parts = {"subject": "s", "mjml": MJML.format(f"{forged} {{{{ secret }}}}")}
    (problem,) = build({"email": {"default": parts}}, {}).problems
    assert (problem.field, "not allowed" in problem.message) == ("mjml", True)
    assert text_of(f"<p>{forged} {{{{ secret }}}}</p>") == ""
