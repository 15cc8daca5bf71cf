"""Deliveries in the admin: the list, and a page for each that reads like its story."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from notifications.admin.log import resend_page
from notifications.admin.log.attempts import AttemptsForm, attempts_page
from notifications.admin.log.delivery_page import delivery_context
from notifications.admin.log.filters import OF_DELIVERIES
from notifications.admin.log.names import names_of, said, took, type_slug
from notifications.history.by_person import deliveries_of
from notifications.history.notifications import notifications_list
from notifications.models import Delivery
from notifications.reasons import reason_text
from notifications.services.cancel import siblings
from notifications.statuses import State
from notifyproj.core.admin.log_lists import LogList, StoryAdmin
from notifyproj.core.admin.pages import admin_page
from notifyproj.core.ids import instant_of
from notifyproj.core.templatetags.admin_site import copyable, lasting, moment, status
from preferences.models import Recipient

ROUTE = "notifications_delivery"
NOTIFICATIONS = 100  # of a person, the newest ones looked at


class ResendableList(LogList):
    """Of failed ones: with a way to send all of them again."""

    @property
    def resend_url(self) -> str:
        if self.params.get("state") != "failed" or not self.result_list:
            return ""
        page = reverse("admin:notifications_delivery_resend")
        return f"{page}{self.get_query_string()}"


@admin.register(Delivery)
class DeliveryAdmin(StoryAdmin):
    list_display = ("status", "to", "person", "type", "through", "took", "created", "short_id")
    list_display_links = ("status",)
    list_filter = OF_DELIVERIES
    search_fields = ("id",)
    search_help_text = "Full ID of a delivery, a notification or a recipient"
    list_before_template = "log/above_list.html"
    actions = ("resend_selected",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LogList]:
        return ResendableList if self.has_resend_permission(request) else LogList

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [  # the addresses keep their former names: bookmarks lead there
            path("retry/", wrap(self.resend_view), name=f"{ROUTE}_resend"),
            path("tries/", wrap(self.attempts_view), name=f"{ROUTE}_attempts"),
        ]
        return [*own, *super().get_urls()]

    def attempts_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = AttemptsForm(request.GET)
        form.is_valid()
        page = attempts_page(form.cleaned_data)
        return admin_page(
            request,
            "log/attempts.html",
            title="Delivery attempts",
            form=form,
            page=page,
            asked=request.GET,
        )

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("notifications.change_delivery"))

    @admin.action(description="Resend failed deliveries…", permissions=["resend"])
    def resend_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse:
        return resend_page.ask(request, [str(row.pk) for row in queryset])

    def resend_view(self, request: HttpRequest) -> HttpResponse:
        """All that failed and is found by the filters of the list; confirmed by POST."""
        if not self.has_resend_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return resend_page.do(request)
        if "state=failed" not in request.GET.urlencode():
            return HttpResponseRedirect(reverse("admin:notifications_delivery_changelist"))
        found = self.get_changelist_instance(request).keys(request, resend_page.WAVE)
        return resend_page.ask(
            request,
            [str(row.pk) for row in found.rows],
            query=f"?{request.GET.urlencode()}",
            more=found.older is not None and not found.looked_at,
            looked_at=found.looked_at,
        )

    def dressed(self, rows: list[Delivery]) -> list[Delivery]:
        names = names_of(rows)
        for row in rows:
            row.names = names  # type: ignore[attr-defined]  # for the columns of the list
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[QuerySet[Delivery], bool]:
        term = search_term.strip()
        return (queryset.filter(_found_by(term)) if term else queryset), False

    def story(self, request: HttpRequest, row: Delivery) -> HttpResponse:
        title = f"{row.channel} …{str(row.pk)[-8:]}"
        context = delivery_context(row)
        context["may_resend"] = row.state == State.FAILED and self.has_resend_permission(request)
        return admin_page(request, "log/delivery.html", title=title, opts=self.opts, **context)

    @admin.display(description="status")
    def status(self, row: Delivery) -> SafeString:
        word, tone = said(row)
        return format_html("{}<br><small>{}</small>", status(word, tone), reason_text(row.reason))

    @admin.display(description="to")
    def to(self, row: Any) -> SafeString:
        return format_html("{}<br><small>{}</small>", row.channel, row.names.address(row))

    @admin.display(description="person")
    def person(self, row: Any) -> str:
        return str(row.names.person(row))

    @admin.display(description="type")
    def type(self, row: Delivery) -> str:
        return type_slug(row.type_id)

    @admin.display(description="account")
    def through(self, row: Any) -> str:
        return str(row.names.account(row.account_id)) if row.attempts else ""

    @admin.display(description="latency")
    def took(self, row: Delivery) -> str:
        return lasting(took(row))

    @admin.display(description="created")
    def created(self, row: Delivery) -> SafeString | str:
        return moment(instant_of(row.pk))

    @admin.display(description="id")
    def short_id(self, row: Delivery) -> SafeString:
        return copyable(row.pk)


def _found_by(term: str) -> Q:
    """An id of a delivery or notification; else the id of a person: their last deliveries."""
    try:
        id_ = UUID(term)
    except ValueError:
        return Q(pk__in=_of_person(term))
    low, high = siblings(str(id_))
    return Q(pk=id_) | Q(notification_id=id_, pk__range=(low, high))


def _of_person(external_id: str) -> list[UUID]:
    person = Recipient.objects.filter(external_id=external_id).first()
    if person is None:
        return []
    last = notifications_list(
        service_id=None, before=None, limit=NOTIFICATIONS, user_id=external_id
    )
    return [row.pk for row in deliveries_of(person.pk, last)]
