"""Rendering ends in bounded time, whatever a text does with how large its variables are."""

import time
from typing import Any

import pytest

from templates.engine.render import Compiled, RenderFailed, render

LONG = "x" * 60_000
MANY = list(range(12_000))


HUGE = "x" * 600_000
TURNS = "{{% for a in v %}}{}{{% endfor %}}"


def written(body: str, **variables: Any) -> str:
    version = Compiled({"inbox": {"default": {"title": "t", "body": body}}})
    return render(version, "inbox", "", variables)["body"]


def again(block: str) -> str:
    return block * (100_000 // len(block))


@pytest.mark.parametrize(
    ("body", "variables"),
    [
        (again("{% if v|sort|length == 1 %}{% endif %}"), {"v": MANY}),
        (again("{% if v|unique|length == 1 %}{% endif %}"), {"v": MANY}),
        (again("{% if 'q' in v %}{% endif %}"), {"v": MANY}),
        (again("{% if v|join == 'a' %}{% endif %}"), {"v": MANY}),
        (again("{% if v|list|length == 1 %}{% endif %}"), {"v": LONG}),
        (again("{% if v|urlencode|urlencode == 'a' %}{% endif %}"), {"v": '"' * 60_000}),
        (again("{% if v" + " ~ v" * 30 + " == 'a' %}{% endif %}"), {"v": LONG}),
        (again("{% if v|replace('x', 'yy') == 'a' %}{% endif %}"), {"v": LONG}),
        ("{% for a in v %}{% if 'q' in v %}{% endif %}{% endfor %}", {"v": MANY}),
        ("{% for a in v %}{% for b in v %}{{ b|string }}{% endfor %}{% endfor %}", {"v": MANY}),
        ("{% for a in v %}{% if w|sort %}{% endif %}{% endfor %}", {"v": MANY, "w": MANY}),
    ],
)
def test_whole_values_read_over_and_over_take_too_long(
    body: str, variables: dict[str, Any]
) -> None:
    start = time.perf_counter()
    with pytest.raises(RenderFailed, match="body: It takes too long"):
        written(body, **variables)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("body", "variables"),
    [
        (TURNS.format("{% if b[::-1]|length == 1 %}{% endif %}"), {"b": [1] * 30_000}),
        (TURNS.format("{% if b|upper == 'q' %}{% endif %}"), {"b": HUGE}),
        (TURNS.format("{% if b.text|trim == 'q' %}{% endif %}"), {"b": {"text": HUGE}}),
        (TURNS.format("{% if b is lower %}{% endif %}"), {"b": HUGE}),
        (TURNS.format("{% if b == c %}{% endif %}"), {"b": [HUGE], "c": [HUGE]}),
        (TURNS.format("{% if z|default(b)|int %}{% endif %}"), {"b": "1" * 600_000}),
        (TURNS.format("{% for k in b|first %}{% endfor %}"), {"b": dict.fromkeys(map(str, MANY))}),
        ("{% for a in v if b|upper == 'q' %}{% endfor %}", {"b": HUGE}),
        (
            "{% for e in b %}" + TURNS.format("{% if e|upper %}{% endif %}") + "{% endfor %}",
            {"b": [HUGE]},
        ),
        (TURNS.format("{% for e in b %}{% if e|upper %}{% endif %}{% endfor %}"), {"b": [HUGE]}),
        (
            "{% for e in b %}" + "{% if e|upper %}{% endif %}" * 3_000 + "{% endfor %}",
            {"b": [HUGE]},
        ),
        (again("{% if b[0]|upper %}{% endif %}"), {"b": [HUGE]}),
    ],
    ids=(
        "slice text attribute test compared default first condition outer each many index".split()
    ),
)
def test_no_text_holds_a_thread_for_seconds(body: str, variables: dict[str, Any]) -> None:
    """Attributes of a person may be a megabyte: slices of them took two minutes."""
    start = time.process_time()
    with pytest.raises(RenderFailed, match="body: It takes too long"):
        written(body, v=[1] * 5_000, **variables)
    assert time.process_time() - start < 2


def test_what_is_small_may_be_read_in_every_turn_beside_what_is_large() -> None:
    row = (
        "{% for order in orders %}{% for item in order.rows %}"
        "{% if item.sku == shop.best and order.name|upper != shop.name[:1] %}!{% endif %}"
        "{% endfor %}{% endfor %}"
    )
    orders = [{"name": f"o{n}", "rows": [{"sku": n, "text": "x" * 900}] * 10} for n in range(60)]
    shop = {"best": 3, "name": "Shop", "about": "y" * 60_000}
    assert written(row, orders=orders, shop=shop) == "!" * 10


def test_a_receipt_of_hundreds_of_lines_is_written() -> None:
    row = (
        "{% for item in items %}{{ item.name|title }} {{ item.price|currency('EUR') }} "
        "{{ item.tags|join(', ')|replace('a', 'b') }}{% if item.id in chosen %}!{% endif %}\n"
        "{% for note in item.notes %}{{ note|escape }}{% endfor %}{% endfor %}"
    )
    items = [
        {"id": n, "name": f"item {n}", "price": n, "tags": ["a", "c"], "notes": ["n"]}
        for n in range(100)
    ]
    assert written(row, items=items, chosen=[3]).count("\n") == 100


def test_few_large_values_are_written() -> None:
    assert len(written("{{ v|sort|join(' ') }}" * 2, v=MANY)) > 100_000


def test_many_filters_of_small_values_are_written() -> None:
    assert written("{{ v|replace('a', 'b')|title }}" * 1_000, v="abc").startswith("Bbc")
