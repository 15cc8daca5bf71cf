"""The page on which a template is written, and what it asks the server while somebody types."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from notifyproj.core.admin.pages import admin_page
from notifyproj.core.api.bodies import answer, decode
from notifyproj.core.api.errors import InvalidFields
from templates.admin import editor
from templates.admin.send_test import send_test, test_choices
from templates.models import MessageTemplate
from templates.versions.selectors import newest_version, problem_views
from templates.versions.services import DraftChanged, draft_discard, draft_save, review_of

View = Callable[..., HttpResponse]
MAY_SEE = "message_templates.view_messagetemplate"
MAY_WRITE = "message_templates.change_messagetemplate"
MAY_PUBLISH = "message_templates.change_templateversion"
JSON_ERROR = 400


def asks_for(permission: str) -> Callable[[View], View]:
    """Before anything is looked for; the template comes as an object."""

    def wrap(view: View) -> View:
        def asked(request: HttpRequest, object_id: str) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            number = int(object_id) if object_id.isdecimal() and len(object_id) < 10 else 0
            return view(request, get_object_or_404(MessageTemplate, pk=number))

        return asked

    return wrap


@asks_for(MAY_SEE)
def write(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    row, is_draft = editor.started(template)
    may_write = request.user.has_perm(MAY_WRITE)
    return admin_page(
        request,
        "templates/editor.html",
        title=template.name,
        opts=MessageTemplate._meta,
        written=template,
        newest=newest_version(template),
        draft=row if is_draft else None,
        may_write=may_write,
        state=editor.state(template, may_write=may_write),
        trial=test_choices(request, template) if may_write else None,
    )


@asks_for(MAY_SEE)
def preview(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    """A POST since it carries a text; it changes nothing."""
    try:
        asked = decode(request.body, editor.Asked)
    except InvalidFields as error:
        return answer({"error": str(error)}, JSON_ERROR)
    return answer(editor.tell(template, asked))


@asks_for(MAY_WRITE)
def save(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseRedirect(page(template))
    try:
        written = decode(request.body, editor.Written)
        row = draft_save(
            template=template, content=written.content(), by=who(request), seen=written.seen
        )
    except InvalidFields as error:
        return answer({"error": str(error)}, JSON_ERROR)
    except DraftChanged as error:
        return answer({"error": f"{error}. Reload the page to see the changes."}, 409)
    log(request, template, f"Saved the draft of {row}.")
    return answer({"seen": row.changed_at, "problems": problem_views(review_of(row).problems)})


@asks_for(MAY_WRITE)
def test(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseRedirect(page(template))
    return send_test(request, template, log)


@asks_for(MAY_WRITE)
def discard(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    if request.method == "POST" and draft_discard(template=template):
        log(request, template, "Discarded the draft.")
        messages.success(request, "Draft discarded. The published version is unchanged.")
    return HttpResponseRedirect(page(template))


def page(template: MessageTemplate, name: str = "change") -> str:
    return reverse(f"admin:message_templates_messagetemplate_{name}", args=[template.pk])


def log(request: HttpRequest, template: MessageTemplate, text: str) -> None:
    LogEntry.objects.log_actions(
        int(request.user.pk or 0), [template], CHANGE, change_message=text, single_object=True
    )


def who(request: HttpRequest) -> str:
    return request.user.get_username()
