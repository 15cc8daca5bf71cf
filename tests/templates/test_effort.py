"""Rendering ends in bounded time, whatever a text does with how large its variables are."""

import time
from typing import Any

import pytest

from templates.engine.render import Compiled, RenderFailed, render

LONG = "x" * 60_000
MANY = list(range(12_000))


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
