"""A few seeds of the generators, through the readers themselves: an answer, soon, and no crash."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from templates.build.build import build
from templates.build.files import NotReadable, from_files
from templates.build.validate import InvalidSchema, Validator
from templates.review.checks import check
from tests.fuzz import heavy_text

SEEDS = range(80)
SECONDS = 10.0  # of a busy machine


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < SECONDS


@pytest.mark.parametrize("seed", SEEDS)
def test_a_template_has_problems_or_none(seed: int) -> None:
    parts = {"sms": {"default": {"body": heavy_text.template(seed) or "x"}}}
    if not check(parts):
        build(parts, {})


@pytest.mark.parametrize("seed", SEEDS)
def test_mjml_has_problems_or_none(seed: int) -> None:
    parts = {"email": {"default": {"subject": "s", "mjml": heavy_text.mjml(seed)}}}
    if not check(parts):
        build(parts, {})


@pytest.mark.parametrize("seed", SEEDS)
def test_a_schema_is_refused_or_answers(seed: int) -> None:
    try:
        found = Validator(heavy_text.schema(seed))
    except InvalidSchema:
        return
    found.errors({"a": [[1, "x", {"p0": [2] * 50}]] * 200})


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("name", "generator"),
    [("template.toml", heavy_text.toml), ("sample.json", heavy_text.document)],
    ids=["toml", "json"],
)
def test_a_file_is_read_or_refused(name: str, generator: Callable[[int], str], seed: int) -> None:
    with suppress(NotReadable):
        from_files({f"order/{name}": generator(seed)})


def test_a_seed_says_the_same_each_time() -> None:
    for generator in heavy_text.GENERATORS.values():
        assert generator(7) == generator(7)
