"""Partials and layouts are put in their place once, and cannot run away."""

import pytest

from templates.build.flatten import Partial, flatten, names
from templates.engine.tokens import NotAllowed

PAGE = "<h1>{% block title %}Shop{% endblock %}</h1>{% block content %}{% endblock %}"


def partial(slug: str, text: str, **others: str) -> Partial:
    return Partial(slug, 1, {"default": text, **others})


KNOWN = {
    "footer": partial("footer", "Bye {{ name }}", de="Tschüss {{ name }}"),
    "page": partial("page", PAGE),
    "itself": partial("itself", "{% include 'itself' %}"),
    "long": partial("long", "x" * 60_000),
}


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("Hi. {% include 'footer' %}", "Hi. Bye {{ name }}"),
        ('A \n{%- include "footer" -%}\n B', "ABye {{ name }}B"),
        ("{% extends 'page' %}", "<h1>Shop</h1>"),
        (
            "{# why #}{% extends 'page' %} {% block content %}{% include 'footer' %}{% endblock %}",
            "<h1>Shop</h1>Bye {{ name }}",
        ),
        (
            "{% extends 'page' %}{% block title %}A{% block content %}B{% endblock %}"
            "{% endblock %}",
            "<h1>AB</h1>",
        ),
        ("{% include 'page' %}", "<h1>Shop</h1>"),
        ("{% block a %}x{% endblock a %}", "x"),
        ("{% if a %}{% include 'footer' %}{% endif %}", "{% if a %}Bye {{ name }}{% endif %}"),
        ("nothing of it", "nothing of it"),
    ],
)
def test_everything_is_in_its_place(source: str, result: str) -> None:
    assert flatten(source, "", KNOWN) == result


def test_a_partial_speaks_the_language_of_the_text() -> None:
    assert flatten("{% include 'footer' %}", "de-AT", KNOWN) == "Tschüss {{ name }}"


def test_a_layout_may_extend_another_and_leave_its_blocks_open() -> None:
    words = "{% block content %}<p>{% block words %}{% endblock %}</p>{% endblock %}"
    shop = "{% extends 'page' %}" + words
    page = flatten(shop, "", KNOWN, open_blocks=True)
    mail = "{% extends 'shop' %}{% block title %}T{% endblock %}{% block words %}W{% endblock %}"
    assert flatten(mail, "", {"shop": partial("shop", page)}) == "<h1>T</h1><p>W</p>"


@pytest.mark.parametrize(
    ("source", "line", "why"),
    [
        ("a\n{% include 'nothing' %}", 2, "No published partial is called `nothing`"),
        ("\n{% extends 'nothing' %}", 2, "No published partial"),
        ("a {% extends 'page' %}", 1, "has to come first"),
        ("{% extends 'page' %}\n{% block footer %}{% endblock %}", 1, "no block `footer`"),
        ("{% block a %}", 1, "does not end"),
        ("a\n{% endblock %}", 2, "no block to end"),
        ("{% block a %}{% endblock %}\n{% block a %}{% endblock %}", 2, "two blocks"),
        ("{% include name %}", 1, "Write {% include"),
        ("{% include 'footer' ignore missing %}", 1, "Write {% include"),
        ("{% block a b %}{% endblock %}", 1, "Write {% block"),
        ("{% include 'itself' %}", 1, "No published partial is called `itself`"),
        ("{% include 'long' %}" * 2, 1, "longer than"),
        ("".join(f"{{% block a{n} %}}" for n in range(20)) + "{% endblock %}" * 20, 1, "More than"),
    ],
)
def test_what_cannot_be_put_together_names_its_line(source: str, line: int, why: str) -> None:
    with pytest.raises(NotAllowed, match=why) as caught:
        flatten(source, "", KNOWN)
    assert caught.value.line == line


def test_the_names_are_those_it_asks_for() -> None:
    assert names("{% extends 'a' %}{% include \"b-v2\" %}{% if c %}{% endif %}") == {"a", "b-v2"}
