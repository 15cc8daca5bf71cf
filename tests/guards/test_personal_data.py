"""Every column that may hold text says what an erasure does to it."""

from collections import Counter

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from notifications.erasure.staff_texts import PLACES
from tests.guards.personal_data import Fate, kept

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


def test_what_staff_wrote_is_reported_column_by_column() -> None:
    reported = {
        (one.table, name) for one in kept() if one.fate == Fate.REPORTED for name in one.columns
    }
    assert reported == {(table, name) for table, names in PLACES.items() for name in names}


def test_no_column_has_two_fates() -> None:
    """But for what cannot be scrubbed for sure, and is reported where something is left."""
    fates = Counter(classified())
    assert [each for each, n in fates.items() if n > 1] == [("segment", "rules")]
