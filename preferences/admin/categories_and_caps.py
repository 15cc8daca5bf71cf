"""Categories, which people choose together, and frequency caps."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from notifyproj.core.admin.json_field import JSONField
from preferences.admin.type_form import LANGUAGES, LONGEST_DESCRIPTION, clean_names, few_lines
from preferences.models import Cap, Category, NotificationType


class CapForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    class Meta:
        model = Cap
        fields = ("type", "category", "legal_class", "most", "per")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        type_, legal_class = cleaned.get("type"), cleaned.get("legal_class")
        if type_ and cleaned.get("category"):
            self.add_error("category", "Choose a type or a category, not both.")
        if isinstance(type_, NotificationType):
            self._check_type(type_, legal_class or "")
        return cleaned

    def _check_type(self, type_: NotificationType, legal_class: str) -> None:
        """A limit that would never hold is a mistake."""
        if type_.mandatory:
            self.add_error("type", f"{type_.name} is mandatory, so no cap applies to it.")
        if legal_class and type_.legal_class != legal_class:
            self.add_error("legal_class", f"{type_.name} is {type_.legal_class}.")


class TypeCapInline(TabularInline):  # type: ignore[misc]  # Unfold has no types
    """The limits of one type; those of categories and of everything have a page of their own."""

    model = Cap
    extra = 0
    fields = ("most", "per")
    verbose_name = "frequency cap"


class CategoryCapInline(TabularInline):  # type: ignore[misc]  # Unfold has no types
    model = Cap
    extra = 0
    fields = ("most", "per", "legal_class")
    verbose_name = "frequency cap"


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    class Meta:
        model = Category
        fields = ("slug", "name", "description", "position", "names", "descriptions")
        field_classes = dict.fromkeys(LANGUAGES, JSONField)
        widgets = {name: few_lines() for name in ("description", *LANGUAGES)}

    def clean_names(self) -> dict[str, str]:
        return clean_names(self, "names")

    def clean_descriptions(self) -> dict[str, str]:
        return clean_names(self, "descriptions", LONGEST_DESCRIPTION)


@admin.register(Category)
class CategoryAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    form = CategoryForm
    fieldsets = [
        (None, {"fields": ("slug", "name", "description", "position")}),
        ("Translations", {"fields": ("names", "descriptions")}),
    ]
    list_display = ("name", "slug", "position", "description")
    search_fields = ("slug", "name")
    inlines = (CategoryCapInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()


@admin.register(Cap)
class CapAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    """Without type and category: a cap on everything a person gets."""

    form = CapForm
    list_display = ("limit", "of", "legal_class")
    list_filter = ("per", "legal_class")
    list_select_related = ("type", "category")

    @admin.display(description="limit", ordering="most")
    def limit(self, row: Cap) -> str:
        return str(row)

    @admin.display(description="applies to")
    def of(self, row: Cap) -> str:
        return str(row.type or row.category or "everything not mandatory")
