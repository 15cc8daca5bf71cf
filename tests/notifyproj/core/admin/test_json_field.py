"""JSON typed into a form: whatever it is, it is read or it is a mistake of its field."""

from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.test import Client, RequestFactory
from django.urls import reverse

from notifyproj.core.admin.json_field import JSONField
from notifyproj.core.api.bodies import DEEPEST
from preferences.models import Category


class Typed(forms.Form):
    value = JSONField(required=False)


HOSTILE = {
    "too deep": "[" * 100_000,
    "just too deep": "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
    "deep objects": '{"a":' * 5_000 + "1" + "}" * 5_000,
    "NUL": '{"fa": "\\u0000"}',
    "half a character": '{"fa": "\\ud83d"}',
    "a half that is written": '{"fa": "\ud83d"}',
    "no number": '{"fa": NaN}',
    "too large a number": '{"fa": 1e999}',
    "figures without end": '{"fa": ' + "9" * 5_000 + "}",
    "no end": '{"fa": "سلام',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_read_or_stored_is_a_mistake_and_shown_again(text: str) -> None:
    form = Typed({"value": text})
    assert form.errors["value"]
    assert form.has_changed()
    assert form["value"].value() == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("null", None),
        ('{"fa": "سفارش"}', {"fa": "سفارش"}),
        ('{"de": "[[[[" }', {"de": "[[[["}),
        ("[" * DEEPEST + "]" * DEEPEST, ...),
        ('"a text"', "a text"),
        (" [1, 2.5, true] ", [1, 2.5, True]),
    ],
)
def test_what_can_be_stored_is_read(text: str, value: Any) -> None:
    form = Typed({"value": text})
    assert form.is_valid(), form.errors
    assert value is ... or form.cleaned_data["value"] == value


def test_every_form_of_the_admin_reads_json_like_this(rf: RequestFactory, db: None) -> None:
    request = rf.get("/")
    request.user = User.objects.create_superuser("maria")
    found: dict[str, type] = {}
    for model, page in admin.site._registry.items():
        names = {f.name for f in model._meta.fields if isinstance(f, models.JSONField)}
        if names and (page.has_add_permission(request) or page.has_change_permission(request)):
            fields = page.get_form(request, None, change=False).base_fields
            found |= {f"{model.__name__}.{n}": type(fields[n]) for n in names & fields.keys()}
    found.pop("Campaign.variables")  # a page of its own has a field for each
    assert [name for name, kind in found.items() if not issubclass(kind, JSONField)] == []
    assert {"NotificationType.digest", "ProviderAccount.costs", "Recipient.attributes"} <= {*found}


@pytest.mark.parametrize("text", [t for t in HOSTILE.values() if "\ud83d" not in t])
def test_hostile_names_of_a_category_are_told_beside_the_field(db: None, text: str) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("maria"))
    form = {"slug": "news", "name": "News", "position": "1", "descriptions": "{}", "names": text}
    form |= {"caps-TOTAL_FORMS": "0", "caps-INITIAL_FORMS": "0"}
    page = client.post(reverse("admin:preferences_category_add"), form)
    assert page.status_code == 200
    assert "names" in page.context["adminform"].form.errors
    assert not Category.objects.exists()
