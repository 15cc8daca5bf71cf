"""The pages of a template's versions: what changed, publish, and back to an old one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from notifyproj.core.admin.pages import admin_page
from templates.admin.editor_page import MAY_PUBLISH, MAY_SEE, asks_for, log, page, who
from templates.checker import pool
from templates.models import MessageTemplate, TemplateVersion
from templates.review.diff import Change, changes
from templates.versions.published import forget_names
from templates.versions.selectors import newest_version, version_get
from templates.versions.services import (
    CannotPublish,
    draft_of,
    review_of,
    version_publish,
    version_rollback,
)


@asks_for(MAY_SEE)
def versions(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    rows = list(template.versions.defer("built", "parts", "sample").order_by("-number"))
    numbers = [row.number for row in rows if row.published_at]
    for row in rows:
        row.before = max((number for number in numbers if number < row.number), default=0)  # type: ignore[attr-defined]  # for the columns of the list
        row.is_newest = row.number == numbers[0] if numbers else False  # type: ignore[attr-defined]  # for the columns of the list
    return admin_page(
        request,
        "templates/versions.html",
        title=f"Versions of {template.name}",
        opts=MessageTemplate._meta,
        written=template,
        rows=rows,
        may_publish=request.user.has_perm(MAY_PUBLISH),
    )


@asks_for(MAY_SEE)
def compare(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    before, after = (_version(template, request.GET.get(name, "")) for name in ("from", "to"))
    if before is None or after is None:
        messages.error(request, "Version not found.")
        return HttpResponseRedirect(page(template, "versions"))
    return admin_page(
        request,
        "templates/compare.html",
        title=f"Compare {before} with {after}",
        opts=MessageTemplate._meta,
        written=template,
        before=before,
        after=after,
        changes=_changes(before, after),
    )


@asks_for(MAY_PUBLISH)
def publish(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    draft, newest = draft_of(template), newest_version(template)
    if draft is None:
        messages.error(request, "There is no draft to publish.")
        return HttpResponseRedirect(page(template))
    if request.method == "POST" and _publish(request, draft):
        return HttpResponseRedirect(page(template))
    found = review_of(draft)
    return admin_page(
        request,
        "templates/publish.html",
        title=f"Publish {template.name}",
        opts=MessageTemplate._meta,
        written=template,
        draft=draft,
        seen=_seen(draft),
        newest=newest,
        errors=found.errors,
        warnings=[problem for problem in found.problems if problem.warning],
        changes=_changes(newest, draft),
    )


@asks_for(MAY_PUBLISH)
def rollback(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    old, newest = _version(template, request.GET.get("version", "")), newest_version(template)
    if old is None or newest is None or old.published_at is None:
        messages.error(request, "Version not found.")
        return HttpResponseRedirect(page(template, "versions"))
    if request.method == "POST" and _rollback(request, old):
        return HttpResponseRedirect(page(template, "versions"))
    return admin_page(
        request,
        "templates/rollback.html",
        title=f"Roll back to {old}",
        opts=MessageTemplate._meta,
        written=template,
        old=old,
        newest=newest,
        changes=_changes(newest, old),
    )


def _publish(request: HttpRequest, draft: TemplateVersion) -> bool:
    note = request.POST.get("note", "")[:500]
    if request.POST.get("seen", "") != _seen(draft):
        messages.error(request, "Somebody changed the draft meanwhile. Check it again.")
        return False
    try:
        row = version_publish(version=draft, by=who(request), note=note)
    except CannotPublish as error:
        messages.error(request, str(error))
        return False
    forget_names()
    log(request, row.template, f"Published {row}. {row.note}".strip())
    messages.success(request, f"Published {row}. Requests use it within two seconds.")
    return True


def _rollback(request: HttpRequest, old: TemplateVersion) -> bool:
    try:
        row = version_rollback(version=old, by=who(request))
    except CannotPublish as error:
        messages.error(request, str(error))
        return False
    forget_names()
    log(request, row.template, f"Published {row}, a copy of {old}.")
    messages.success(request, f"Rolled back: {row} has the content of {old}.")
    return True


def _changes(before: TemplateVersion | None, after: TemplateVersion) -> list[dict[str, Any]]:
    old = (before.parts, before.schema) if before else ({}, None)
    found = changes(old[0], after.parts, schemas=(old[1], after.schema))
    lines = pool.compare([change.texts for change in found])
    return [
        {"place": _place(change), "lines": told} for change, told in zip(found, lines, strict=True)
    ]


def _place(change: Change) -> str:
    return " / ".join(filter(None, (change.channel, change.locale, change.field)))


def _version(template: MessageTemplate, name: str) -> TemplateVersion | None:
    if name == "draft":
        return draft_of(template)
    return version_get(template, int(name[:9])) if name.isdecimal() else None


def _seen(draft: TemplateVersion) -> str:
    return draft.changed_at.isoformat() if draft.changed_at else ""
