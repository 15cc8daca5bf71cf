"""Every column that may hold text says what an erasure does to it."""

from collections import Counter

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from tests.guards.personal_data import kept

MAY_HOLD_TEXT = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.BinaryField,
    models.FileField,
    models.GenericIPAddressField,
    ArrayField,
)


def columns() -> set[tuple[str, str]]:
    """(table, column); not those whose values are a list of ours."""
    return {
        (model._meta.db_table, str(field.column))
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, MAY_HOLD_TEXT) and not field.choices
    }


def classified() -> list[tuple[str, str]]:
    return [(one.table, column) for one in kept() for column in one.columns]


def test_every_column_that_may_hold_text_is_classified() -> None:
    missing = columns() - set(classified())
    assert missing == set(), "say in tests/guards/personal_data.py what an erasure does to them"


def test_nothing_is_classified_that_is_not_there() -> None:
    assert set(classified()) - columns() == set()


def test_no_column_has_two_fates() -> None:
    assert [each for each, n in Counter(classified()).items() if n > 1] == []
