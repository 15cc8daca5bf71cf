"""What our own filters write, for whom, and what they refuse."""

from collections.abc import Mapping
from typing import Any

import pytest

from templates.engine.render import Compiled, RenderFailed, render

AT = "2026-06-27T22:30:00Z"


def text(
    source: str, variables: Mapping[str, Any] | None = None, *, locale: str = "", zone: str = ""
) -> str:
    version = Compiled({"sms": {"default": {"body": source}}})
    return render(version, "sms", locale, variables or {}, zone)["body"].replace("\xa0", " ")


@pytest.mark.parametrize(
    ("source", "locale", "zone", "said"),
    [
        ("{{ 1234.5|number }}", "en", "", "1,234.5"),
        ("{{ 1234.5|number(2) }}", "de-AT", "", "1.234,50"),
        ("{{ '1234.5'|currency('EUR') }}", "de", "", "1.234,50 €"),
        ("{{ 1234|currency('JPY') }}", "en", "", "¥1,234"),
        ("{{ 0.256|percent(1) }}", "de", "", "25,6 %"),
        ("{{ at|date }}", "en", "UTC", "Jun 27, 2026"),
        ("{{ at|date('long') }}", "de", "Europe/Vienna", "28. Juni 2026"),
        ("{{ at|date('MMMd') }}", "en", "America/New_York", "Jun 27"),
        ("{{ at|time }}", "de", "Europe/Vienna", "00:30"),
        ("{{ at|datetime('short') }}", "de", "Europe/Vienna", "28.06.26, 00:30"),
        ("{{ at|datetime('short', zone='UTC', locale='de') }}", "en", "Asia/Tokyo",
         "27.06.26, 22:30"),
        ("{{ '2026-06-27'|date('long') }}", "en", "Pacific/Auckland", "June 27, 2026"),
        ("{{ 1782599400|date }}", "en", "UTC", "Jun 27, 2026"),
        ("{{ at|date }}", "xx-nobody", "Mars/Olympus", "Jun 27, 2026"),
        ("{{ 1|plural('day', 'days') }} {{ 2|plural('day', 'days') }}", "", "", "day days"),
        ("{{ 'https://a.example/x?b=1#c'|url(utm_source='m', b=2) }}", "", "",
         "https://a.example/x?utm_source=m&b=2#c"),
    ],
)  # fmt: skip
def test_it_is_written_as_the_person_reads_it(
    source: str, locale: str, zone: str, said: str
) -> None:
    assert text(source, {"at": AT}, locale=locale, zone=zone) == said


@pytest.mark.parametrize(("count", "word"), [(1, "plik"), (3, "pliki"), (5, "plików")])
def test_a_plural_goes_by_the_language_of_the_text(count: int, word: str) -> None:
    body = "{{ n|plural(one='plik', few='pliki', other='plików') }}"
    version = Compiled({"sms": {"default": {"body": "x"}, "pl": {"body": body}}})
    assert render(version, "sms", "pl-PL", {"n": count})["body"] == word


def test_a_link_is_escaped_where_it_is_html() -> None:
    part = {"subject": "s", "html": "{{ 'https://a.example/'|url(a='<', b='1') }}"}
    html = render(Compiled({"email": {"default": part}}), "email", "", {})["html"]
    assert html == "https:&#x2f;&#x2f;a.example&#x2f;?a=%3C&amp;b=1"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{{ missing|date }}", "A variable is missing"),
        ("{{ word|date }}", "not a date"),
        ("{{ word|number }}", "not a number"),
        ("{{ '2026-06-27'|time }}", "no time to show"),
        ("{{ 1|currency('EURO') }}", "no such currency"),
        ("{{ '1e999999999'|number }}", "too large"),
        ("{{ huge|number }}", "too large"),
        ("{{ 'inf'|number }}", "too large"),
        ("{{ 1|number(999999999) }}", "0 to 10 decimals"),
        ("{{ at|date('y' * 99) }}", "cannot be read"),
        ("{{ at|date(long) }}", "too long"),
        ("{{ 1|plural(umpteen='x') }}", "no plural form"),
        ("{{ long|url(a=1) }}", "too long"),
        ("{{ items|number }}", "not of the kind"),
    ],
)
def test_what_cannot_be_written_is_refused_without_its_value(source: str, why: str) -> None:
    given = {"word": "hunter2", "at": AT, "huge": 10**4000, "long": "x" * 9_999, "items": [1]}
    with pytest.raises(RenderFailed, match=why) as caught:
        text(source, given)
    assert "hunter2" not in str(caught.value)


def test_no_text_can_name_what_the_filters_know() -> None:
    with pytest.raises(RenderFailed):
        text("{{ __zone }}", zone="Europe/Vienna")


def test_a_request_cannot_say_where_a_person_is() -> None:
    assert text("{{ at|time }}", {"at": AT, "__zone": "Asia/Tokyo"}, locale="de") == "22:30"
