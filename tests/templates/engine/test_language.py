"""What a template's author cannot do, whatever the template says."""

import resource

import pytest

from templates.engine import language
from templates.engine.language import FORBIDDEN_FILTERS
from templates.engine.render import Compiled, RenderFailed, render

DOUBLING = "".join("{% for a in [a, a] %}" for _ in range(40)) + "{{ a }}" + "{% endfor %}" * 40
ESCAPES = {
    "a dunder by a method": "{{ a.__class__.__mro__ }}",
    "a method": "{{ items.append(1) }}",
    "a filter by its name": "{{ a|attr('__class__') }}",
    "a file": "{% include '/etc/passwd' %}",
    "an import": "{% import '/etc/passwd' as p %}",
    "a parent": "{% extends 'sms/default/body.txt' %}",
    "a file by its text": "{% extends '/etc/passwd' %}",
    "itself": "{{ self }}",
    "itself, called": "{{ self.body() }}",
    "the text around a block": "{% block a %}{{ super() }}{% endblock %}",
    "a caller": "{% call f() %}x{% endcall %}",
    "a namespace": "{% set ns = namespace(a='x') %}",
    "a do": "{% do items.append(1) %}",
    "a filter block": "{% filter upper %}x{% endfilter %}",
    "what filters know": "{{ __locale }}",
    "a subclass by a filter": "{{ a|map(attribute='__class__')|list }}",
    "a format by a method": "{{ '{0.__class__}'.format(a) }}",
    "a number of a billion digits": "{{ '1e999999999'|number }}",
    "a billion decimals": "{{ 1|number(999999999) }}",
    "a pattern of dates without end": "{{ '2026-06-27'|date('" + "y" * 5_000 + "') }}",
    "a macro that doubles": "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}",
    "a macro": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "a huge range": "{% for i in range(10 ** 9) %}x{% endfor %}",
    "a huge text": "{{ 'x' * 10 ** 9 }}",
    "a huge number": "{{ 9 ** 9 ** 9 }}",
    "a huge list": "{{ [0] * 10 ** 9 }}",
    "a huge field": "{{ '%999999999d'|format(1) }}",
    "a huge indent": "{{ a|indent(999999999) }}",
    "doubling by assignment": "{% set b = a ~ a %}" * 40,
    "doubling by a block": "{% set b %}{{ a }}{{ a }}{% endset %}" * 40,
    "doubling by a list": DOUBLING,
    "doubling by a tuple": DOUBLING.replace("[", "(").replace("]", ")"),
    "doubling by a bare tuple": DOUBLING.replace("[", "").replace("]", ""),
    "doubling by quotes": "{{ a" + "|tojson" * 60 + " }}",
    "recursion": "{% for x in items recursive %}{{ loop(items) }}{% endfor %}",
    "the engine's state": "{{ debug() }}",
    "unescaped html": "{{ a|safe }}",
    "raw blocks": "{% raw %}{{ a {% endraw %}",
    "endless brackets": "{{ " + "(" * 10_000 + "a" + ")" * 10_000 + " }}",
    "endless blocks": "{% if a %}" * 10_000 + "{% endif %}" * 10_000,
    "endless text": "x" * (language.MAX_SOURCE + 1),
    "an open comment": "{# a",
    "an open block": "{{ a",
    "a block closed as another": "{{ a %}",
}


@pytest.mark.parametrize("source", ESCAPES.values(), ids=ESCAPES)
def test_there_is_no_way_out(source: str) -> None:
    version = Compiled({"sms": {"default": {"body": source}}})
    with pytest.raises(RenderFailed):
        render(version, "sms", "", {"a": "x", "items": [1]})


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{% for a in items %}{% for b in items %}x{% endfor %}{% endfor %}", "takes too long"),
        ("{% for a in items %}" + "x" * 50_000 + "{% endfor %}", "takes too long"),
        ("{% for a in items %}{{ long }}{% endfor %}", "too long"),
        ("{{ long }}" * 300, "too long"),
        ("{{ items|join(long) }}", "too long"),
        ("{{ long|replace('x', long) }}", "too long"),
    ],
)
def test_a_text_that_grows_with_its_variables_is_bounded(source: str, why: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    version = Compiled({"sms": {"default": {"body": source}}})
    with pytest.raises(RenderFailed, match=why):
        render(version, "sms", "", {"items": list(range(5_000)), "long": "x" * 10_000})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KB


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("{{ a|upper }}{# a comment #}", "X"),
        ("{{ missing|default('none') }}", "none"),
        ("{% if a == 'x' and n > 1 %}yes{% else %}no{% endif %}", "yes"),
        ("{% for item in items %}{{ loop.index }}:{{ item.name }} {% endfor %}", "1:p 2:q"),
        ("{% for key, value in d|items %}{{ key }}={{ value }}{% endfor %}", "k=v"),
        ("{{ (n + 1) / 2 }}", "2.0"),
        ("{{ 'one' if n is divisibleby(2) else 'many' }}", "many"),
        ("{{ items[0]['name'] }}{{ a[:1] }}", "px"),
        ("{{- a -}}\n{%- if not b %}{{ a ~ '}}' }}{% endif -%}", "xx}}"),
        ("{ single } braces % stay }}", "{ single } braces % stay }}"),
    ],
)
def test_what_a_message_needs_is_there(source: str, result: str) -> None:
    version = Compiled({"sms": {"default": {"body": source}}})
    variables = {
        "a": "x",
        "b": False,
        "n": 3,
        "d": {"k": "v"},
        "items": [{"name": "p"}, {"name": "q"}],
    }
    assert render(version, "sms", "", variables)["body"] == result


def test_no_filter_is_both_allowed_and_forbidden() -> None:
    assert not language.FILTERS & set(FORBIDDEN_FILTERS)
