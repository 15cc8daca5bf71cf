"""Pages beside a segment's form: who is in it, its lists, and what the builder asks meanwhile."""

from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from unfold.admin import ModelAdmin

from notifications.segments import selectors, services
from notifications.segments.admin.forms import UploadForm
from notifications.segments.models import Segment, SegmentUpload
from notifications.segments.people import sample
from notifications.segments.people.audience import where_of
from notifications.segments.people.bounded import TooSlow
from notifications.segments.people.count import count
from notifications.segments.rules.parse import read
from notifications.segments.rules.tree import Uploaded, leaves
from notifications.segments.upload.undo import upload_undo, why_not_undo
from notifications.segments.upload.upload import upload_begin, upload_read
from notifyproj.core.api.bodies import answer, decode
from notifyproj.core.api.errors import ApiError, InvalidFields
from notifyproj.core.clock import now

UPLOADS_SHOWN = 20
LONGEST_ID = 18  # figures

M = TypeVar("M", bound=Model)


def look(page: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """`{"rules", "segment"}`: how many they are and some of them, or what is wrong by its place."""
    _require(page.has_view_permission(request))
    try:
        said = decode(request.body, dict[str, Any])
        rules, segment_id = said["rules"], int(said.get("segment") or 0)
    except (ValueError, TypeError, KeyError, InvalidFields):
        return JsonResponse({"errors": {"rules": "These rules cannot be read."}})
    slug = Segment.objects.filter(pk=segment_id).values_list("slug", flat=True).first()
    try:
        node = services.check(rules, slug or "", segment_id)
    except InvalidFields as error:
        return JsonResponse({"errors": error.fields})
    found = count(where_of(node, segment_id))
    try:
        people = sample.sample(node, segment_id)
    except TooSlow:
        people = []
    shown = selectors.preview(found, people)
    return answer({"text": found.text(), "people": shown.people})


def people(page: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    _require(page.has_view_permission(request))
    segment = _one(Segment, object_id)
    pk, node = segment.pk, read(segment.rules)
    name = request.GET.get("person", "").strip().replace("\x00", "")
    seed = request.GET.get("seed", "")
    number = int(seed[:9]) if seed.isdecimal() else 0
    try:
        sampled = sample.sample(node, pk, number)
    except TooSlow:
        sampled = None
    shown = {
        "segment": segment,
        "count": count(where_of(node, pk)).text(),
        "sample": sampled,
        "next_seed": number + 1,
        "person": name,
        "member": sample.member(node, pk, name) if name else None,
    }
    return _page(page, request, "segments/people.html", segment, shown)


def upload(page: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Reads the list while the browser waits; where there is a script, it shows how far it is."""
    _require(page.has_change_permission(request))
    segment = _one(Segment, object_id)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        return _read_list(page, request, segment, form)
    uploads = [
        (row, selectors.upload_view(row, now())) for row in segment.uploads.all()[:UPLOADS_SHOWN]
    ]
    shown = {"segment": segment, "form": form, "uploads": uploads, "uses_list": _uses_list(segment)}
    return _page(page, request, "segments/upload.html", segment, shown)


def _read_list(
    page: ModelAdmin, request: HttpRequest, segment: Segment, form: UploadForm
) -> HttpResponse:
    file = form.cleaned_data["file"]
    try:
        row = upload_begin(
            segment=segment,
            mode=form.cleaned_data["mode"],
            by=request.user.get_username(),
            file_name=file.name,
            size=file.size,
        )
    except ApiError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:segments_upload", args=[segment.pk]))
    upload_read(upload=row, stream=file)
    if row.state == SegmentUpload.State.REFUSED:
        messages.error(request, f"Nothing was changed. {row.problem}")
        return HttpResponseRedirect(reverse("admin:segments_uploaded", args=[row.pk]))
    found = services.segment_count(segment=segment)
    page.log_change(
        request, segment, f"Uploaded a list of {row.received:,} lines: {row.get_mode_display()}."
    )
    messages.success(request, f"Imported. The segment now has {found.text()}.")
    return HttpResponseRedirect(reverse("admin:segments_uploaded", args=[row.pk]))


def uploaded(page: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    _require(page.has_view_permission(request))
    row = _one(SegmentUpload, object_id)
    shown = {
        "upload": row,
        "view": selectors.upload_view(row, now()),
        "segment": row.segment,
        "uses_list": _uses_list(row.segment),
        "why_not_undo": why_not_undo(row),
        "may_change": page.has_change_permission(request),
    }
    return _page(page, request, "segments/uploaded.html", row.segment, shown)


def undo(page: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponseBase:
    """What the last list did; its page says in numbers what that is."""
    _require(page.has_change_permission(request))
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    row = _one(SegmentUpload, object_id)
    try:
        done = upload_undo(upload=row)
    except ApiError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:segments_uploaded", args=[row.pk]))
    found = services.segment_count(segment=row.segment)
    page.log_change(request, row.segment, f"Undone: {done}.")
    messages.success(request, f"Undone. The segment now has {found.text()}.")
    return HttpResponseRedirect(reverse("admin:segments_uploaded", args=[row.pk]))


def upload_state(page: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Of the newest list of a segment, for whoever waits for it."""
    _require(page.has_view_permission(request))
    row = _one(Segment, object_id).uploads.first()
    if row is None:
        return JsonResponse({"state": ""})
    total = row.bytes_total or 0
    share = min(100, round(100 * row.bytes_read / total)) if total else None
    return JsonResponse({"id": row.pk, "state": row.state, "lines": row.received, "share": share})


def _uses_list(segment: Segment) -> bool:
    return any(isinstance(leaf, Uploaded) for leaf in leaves(read(segment.rules)))


def back(object_id: str) -> HttpResponse:
    pk = unquote(object_id)
    return HttpResponseRedirect(reverse("admin:segments_segment_change", args=[pk]))


def _one(model: type[M], object_id: str) -> M:
    """Raises Http404."""
    if not object_id.isdecimal() or len(object_id) > LONGEST_ID:
        raise Http404
    return get_object_or_404(model, pk=object_id)


def _require(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied


def _page(
    page: ModelAdmin, request: HttpRequest, template: str, segment: Segment, shown: dict[str, Any]
) -> HttpResponse:
    frame = {**page.admin_site.each_context(request), "opts": Segment._meta, "title": segment.name}
    frame["original"] = segment
    return render(request, template, {**frame, **shown})
