"""Lists of large tables in the admin: newest first, by key, never counted.

A filter has no index of its own (one more on `delivery` costs every message 15 µs), so a page is
looked for among the newest rows first, then among so many, and then says how far it looked.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin

BEFORE = "before"
WINDOWS = (5_000, 200_000)  # rows looked at for one page: at first, at most


class Found(NamedTuple):
    rows: list[Any]
    older: Any = None  # the key to go on from; None at the end
    looked_at: int = 0  # rows, when the page was not filled by so many


class LogList(ChangeList):
    """A page of it. `before` in the address is the key after which it starts."""

    model_admin: "KeyedAdmin"

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = super().get_filters_params(params)
        found.pop(BEFORE, None)
        return found

    def get_results(self, request: HttpRequest) -> None:
        self.found = self._found(request, self.queryset, self.list_per_page)
        self.result_list = self.model_admin.dressed(self.found.rows)
        self.result_count = self.full_result_count = len(self.found.rows)
        self.show_full_result_count = self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = Paginator(self.found.rows, self.list_per_page)

    @cached_property
    def older_url(self) -> str:
        older = self.found.older
        return str(self.get_query_string({BEFORE: older})) if older is not None else ""

    @cached_property
    def newest_url(self) -> str:
        return str(self.get_query_string(remove=[BEFORE])) if BEFORE in self.params else ""

    def keys(self, request: HttpRequest, most: int) -> Found:
        """As many keys as that, of what the list shows; for an act on all of them."""
        return self._found(request, self.queryset.only("pk"), most)

    def _found(self, request: HttpRequest, rows: QuerySet[Any], most: int) -> Found:
        before = self._before(request)
        rows = rows if before is None else rows.filter(pk__lt=before)
        if self.query or not self._narrowed():  # what is searched for has an index
            return self._page(rows, most, None, 0)
        looked_at = self._looked_at(request, before)
        for size in WINDOWS:
            low = _nth(looked_at, size)
            found = self._page(rows, most, low, size)
            if low is None or len(found.rows) == most:
                break
        return found

    def _looked_at(self, request: HttpRequest, before: Any) -> QuerySet[Any]:
        """All rows from where the page starts, whatever it is narrowed by."""
        rows: QuerySet[Any] = self.model_admin.get_queryset(request).order_by("-pk")
        for spec in self.filter_specs:
            if getattr(spec, "bounds_keys", False):
                bounded = spec.queryset(request, rows)
                rows = rows if bounded is None else bounded
        return rows if before is None else rows.filter(pk__lt=before)

    def _page(self, rows: QuerySet[Any], most: int, low: Any, size: int) -> Found:
        bounded = rows if low is None else rows.filter(pk__gte=low)
        found = list(bounded[: most + 1])
        page = found[:most]
        if len(found) > len(page):
            return Found(page, page[-1].pk)
        return Found(page, low, size if low is not None else 0)

    def _narrowed(self) -> bool:
        return bool(self.get_filters_params())

    def _before(self, request: HttpRequest) -> Any:
        text = request.GET.get(BEFORE, "")
        try:
            return self.model._meta.pk.to_python(text) if text else None
        except ValidationError:
            return None


def _nth(rows: QuerySet[Any], n: int) -> Any:
    """The key of the n-th row; None when there are fewer."""
    return next(iter(rows.values_list("pk", flat=True)[n : n + 1]), None)


class KeyedAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    """Its list goes by key."""

    ordering: Sequence[str] = ("-pk",)
    sortable_by: Sequence[str] = ()
    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = True
    list_fullwidth = True
    change_list_template = "admin_site/log_list.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LogList]:
        return LogList

    def dressed(self, rows: list[Any]) -> list[Any]:
        """With what the page shows of other tables: one statement for all rows, not for each."""
        return rows


class LogAdmin(KeyedAdmin):
    """Read only."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StoryAdmin(LogAdmin):
    """With a page of its own for each row, instead of a form that cannot be filled in."""

    def story(self, request: HttpRequest, row: Any) -> HttpResponse:
        raise NotImplementedError

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is not None:
            return self.story(request, row)
        gone = f"This {self.opts.verbose_name} does not exist, or no longer."
        self.message_user(request, gone, level=messages.WARNING)
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return HttpResponseRedirect(reverse(name))
