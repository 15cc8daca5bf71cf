from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from notifications.attachments import store as attachments
from notifications.models import Attachment
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.api.keys import api_key_create
from notifyproj.core.clock import now
from notifyproj.core.models import Service
from tests.api.conftest import ClientWith

PATH = "/api/v1/attachments"
PDF = b"%PDF-1.7\n" + bytes(range(256))


def upload(
    api: APIClient, name: str = "invoice.pdf", content: bytes = PDF, kind: str = "application/pdf"
) -> Any:
    file = SimpleUploadedFile(name, content, kind)
    return api.post(PATH, {"file": file}, format="multipart")


def wrong(response: Any) -> tuple[int, str, list[str]]:
    error = response.json()["error"]
    return response.status_code, error["code"], list(error["fields"])


def test_a_file_is_stored_sealed_and_described(api: APIClient) -> None:
    response = upload(api)

    assert response.status_code == 201
    body = response.json()
    row = Attachment.objects.get()
    assert (body["id"], body["name"], body["size"]) == (str(row.pk), "invoice.pdf", len(PDF))
    assert (body["content_type"], len(body["sha256"])) == ("application/pdf", 64)
    assert row.expires_at - row.created_at == timedelta(days=7)
    assert b"%PDF" not in bytes(row.content)
    assert attachments.load([(body["id"],)])[body["id"]].content == PDF  # type: ignore[union-attr]
    assert api.get(f"{PATH}/{body['id']}").json() == body


def test_a_file_can_be_deleted_once(api: APIClient) -> None:
    path = f"{PATH}/{upload(api).json()['id']}"
    assert api.delete(path).status_code == 204
    assert wrong(api.delete(path)) == (404, "not_found", ["id"])
    assert api.get(path).status_code == 404


def test_a_file_of_another_service_is_not_there(api: APIClient) -> None:
    path = f"{PATH}/{upload(api).json()['id']}"
    _, secret = api_key_create(service=Service.objects.create(slug="other"), scopes=["admin"])
    other = APIClient()
    other.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert other.get(path).status_code == 404
    assert other.delete(path).status_code == 404


@pytest.mark.parametrize(
    "name", ["run.exe", "Run.EXE", "run.exe.", "run.pdf.exe ", "fdp.\u202eexe", "x.lnk", "exe"]
)
def test_a_program_is_refused_by_its_name(api: APIClient, name: str) -> None:
    assert wrong(upload(api, name)) == (400, "attachment_refused", ["file"])


@pytest.mark.parametrize("content", [b"MZ\x90\x00", b"\x7fELF\x02", b"#!/bin/sh\n"])
def test_a_program_is_refused_by_how_it_begins(api: APIClient, content: bytes) -> None:
    assert wrong(upload(api, content=content)) == (400, "attachment_refused", ["file"])


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"content": b""}, 400, "invalid"),
        ({"kind": "application"}, 400, "invalid"),
        ({"kind": "a/b\tc"}, 400, "invalid"),
        ({"kind": "application/" + "x" * 67}, 400, "invalid"),  # SES takes 78 characters
        ({"name": "x" * 201 + ".pdf"}, 400, "invalid"),
        ({"content": b"x" * (10 * 1024 * 1024 + 1)}, 413, "attachment_too_large"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value),
)
def test_what_cannot_be_sent_is_refused(
    api: APIClient, changes: dict[str, Any], status: int, code: str
) -> None:
    assert wrong(upload(api, **changes)) == (status, code, ["file"])
    assert not Attachment.objects.exists()


def test_a_type_of_78_characters_is_stored_as_it_is(api: APIClient) -> None:
    kind = "application/" + "x" * 66
    assert upload(api, kind=kind).json()["content_type"] == kind


@pytest.mark.parametrize(
    "name",
    ["سفارش\u200cها.pdf", "Straße 👨\u200d👩\u200d👧.pdf", "שלום.pdf", "a\u00adb.pdf"],
)
def test_a_name_in_any_script_is_kept(name: str, db: None) -> None:
    stored = attachments.attachment_add(
        service_id=Service.objects.create(slug="shop").pk,
        name=name,
        content_type="application/pdf",
        content=PDF,
        now=now(),
    )
    assert stored.name == name


@pytest.mark.parametrize("name", ["run.ex\u200ce", "run.\u202eexe", "run.exe\u00ad"])
def test_a_program_does_not_hide_behind_invisible_characters(name: str, db: None) -> None:
    with pytest.raises(InvalidFields) as caught:
        attachments.attachment_add(
            service_id=1, name=name, content_type="application/pdf", content=PDF, now=now()
        )
    assert caught.value.code == "attachment_refused"


def test_the_folders_of_a_name_are_left_out(api: APIClient) -> None:
    assert upload(api, "..\\..\\etc\\invoice.pdf").json()["name"] == "invoice.pdf"


def test_a_body_that_is_far_too_large_is_not_even_read(client_with: ClientWith) -> None:
    api = client_with("send")
    answer = api.generic("POST", PATH, "", CONTENT_LENGTH=str(1 << 40), CONTENT_TYPE="multipart/x")
    assert wrong(answer) == (413, "attachment_too_large", ["file"])


@pytest.mark.parametrize("body", [{}, {"file": "text"}, {"other": SimpleUploadedFile("a", b"x")}])
def test_a_body_without_a_file_is_told_so(api: APIClient, body: dict[str, Any]) -> None:
    assert wrong(api.post(PATH, body, format="multipart")) == (400, "invalid", ["file"])


def test_a_service_cannot_fill_the_disk(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "ROOM", len(PDF) + 1)
    assert upload(api).status_code == 201
    assert wrong(upload(api)) == (422, "attachments_full", ["file"])


def test_storing_asks_for_the_scope_send(client_with: ClientWith, db: None) -> None:
    assert upload(client_with("read")).status_code == 403
    assert Client().post(PATH).status_code == 401
