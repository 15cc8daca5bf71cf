"""Bodies by size and by kind, through the real `web` and `live`, and what reaches the disk."""

import json
import socket
from contextlib import suppress
from pathlib import Path

import pytest
from django.test import Client

from preferences.models import Recipient
from tests.api.notifications.conftest import ORDER
from tests.notifyproj.gateway.conftest import Served, body_of, request, status_of

pytestmark = pytest.mark.django_db
LARGE = 30 << 20
FORM = "multipart/form-data; boundary=xyz"


def multipart(content: bytes, name: str = "file") -> bytes:
    head = f'--xyz\r\nContent-Disposition: form-data; name="{name}"; filename="a.txt"\r\n\r\n'
    return head.encode() + content + b"\r\n--xyz--\r\n"


def chunked(body: bytes, size: int = 10_000) -> bytes:
    parts = (body[at : at + size] for at in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def files_of(served: Served) -> list[Path]:
    return [path for path in served.disk.rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", ["/admin/login/", "/hooks/twilio/shop", "/p/abc", "/nowhere"])
@pytest.mark.parametrize("in_chunks", [False, True])
def test_nothing_of_a_strangers_large_form_is_kept(web: Served, path: str, in_chunks: bool) -> None:
    body = multipart(b"x" * (7 << 20))
    if in_chunks:
        sent = request("POST", path, b"", Content_Type=FORM, Transfer_Encoding="chunked")
        answer = web.ask(sent + chunked(body))
    else:
        answer = web.ask(request("POST", path, body, Content_Type=FORM))
    assert status_of(answer) in (404, 413)
    assert files_of(web) == []


def test_a_huge_length_is_refused_before_it_is_sent(web: Served) -> None:
    sent = request("POST", "/admin/login/", Content_Length=str(10 << 30), Content_Type=FORM)
    with web.connect(sent) as opened:
        opened.shutdown(socket.SHUT_WR)
        assert status_of(opened.recv(1000)) == 413


def test_what_is_too_large_for_the_api_says_so(web: Served) -> None:
    answer = web.ask(request("POST", "/api/v1/notifications", b"x" * (3 << 20), web.key))
    assert (status_of(answer), json.loads(body_of(answer))["error"]["code"]) == (
        413,
        "body_too_large",
    )


def test_a_send_in_chunks_is_a_send(web: Served) -> None:
    sent = request("POST", "/api/v1/notifications", b"", web.key, Transfer_Encoding="chunked")
    assert status_of(web.ask(sent + chunked(json.dumps(ORDER).encode(), 7))) == 202


def test_a_file_of_megabytes_is_taken_from_who_has_a_key(web: Served) -> None:
    body = multipart(b"x" * (5 << 20))
    answer = web.ask(request("POST", "/api/v1/attachments", body, web.key, Content_Type=FORM))
    assert (status_of(answer), json.loads(body_of(answer))["size"]) == (201, 5 << 20)


def test_a_file_of_megabytes_is_not_taken_without_a_key(web: Served) -> None:
    body = multipart(b"x" * (5 << 20))
    answer = web.ask(request("POST", "/api/v1/attachments", body, "nk_no", Content_Type=FORM))
    assert status_of(answer) in (401, 413)
    assert files_of(web) == []


def test_a_file_above_the_limit_of_its_route_is_413(web: Served) -> None:
    body = multipart(b"x" * (11 << 20))
    answer = web.ask(request("POST", "/api/v1/attachments", body, web.key, Content_Type=FORM))
    assert json.loads(body_of(answer))["error"]["code"] == "attachment_too_large"


def lines(first: int, count: int) -> bytes:
    return b"".join(
        json.dumps({"external_id": f"line-{number}", "attributes": {"pad": "x" * 200}}).encode()
        + b"\n"
        for number in range(first, first + count)
    )


@pytest.mark.parametrize("in_chunks", [False, True])
def test_an_import_of_megabytes_is_read_as_it_comes(web: Served, in_chunks: bool) -> None:
    body, kind = lines(0, 8_000), "application/x-ndjson"
    path = "/api/v1/recipients/import"
    if in_chunks:
        head = request("POST", path, b"", web.key, Content_Type=kind, Transfer_Encoding="chunked")
        answer = web.ask(head + chunked(body))
    else:
        answer = web.ask(request("POST", path, body, web.key, Content_Type=kind))
    report = json.loads(body_of(answer))
    assert (status_of(answer), report["received"]) == (200, 8_000)


@pytest.mark.parametrize("size", [100, 9_000])
def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one(web: Served, size: int) -> None:
    """In chunks nothing else says that there was more."""
    body = lines(90_000 + size, size)
    path, kind = "/api/v1/recipients/import", "application/x-ndjson"
    head = request("POST", path, b"", web.key, Content_Type=kind, Transfer_Encoding="chunked")
    with web.connect(head + chunked(body).removesuffix(b"0\r\n\r\n")) as opened:
        opened.shutdown(socket.SHUT_WR)
        answer = opened.recv(10_000)
    assert status_of(answer) == 400
    if size == 100:
        assert not Recipient.objects.filter(external_id=f"line-{90_000 + size}").exists()


def test_a_body_shorter_than_announced_is_not_taken(web: Served) -> None:
    with web.connect(web.order().replace(b"}}", b"}", 1)[:-3]) as opened:
        opened.shutdown(socket.SHUT_WR)
        assert status_of(opened.recv(1000)) == 400


def test_live_writes_nothing_of_a_body_to_the_disk(live: Served) -> None:
    with live.connect(request("POST", "/inbox/stream", Content_Length=str(LARGE))) as opened:
        with suppress(OSError):  # it is refused in the middle
            opened.sendall(b"x" * LARGE)
        assert files_of(live) == []
    assert status_of(live.ask(request("GET", "/health/live"))) == 200


def test_a_static_file_comes_whole_and_in_part(web: Served) -> None:
    path = "/static/unfold/css/styles.css"
    whole = body_of(web.ask(request("GET", path)))
    part = web.ask(request("GET", path, Range="bytes=100-199"))
    assert (status_of(part), body_of(part)) == (206, whole[100:200])
    head = web.ask(request("HEAD", path))
    assert (status_of(head), body_of(head)) == (200, b"")
    assert f"content-length: {len(whole)}".encode() in head.lower()


def test_a_large_answer_comes_whole(web: Served) -> None:
    answer = web.ask(request("GET", "/api/schema/"))
    assert len(body_of(answer)) > 100_000
    assert b"transfer-encoding" in answer.lower() or body_of(answer).endswith(b"\n")


def test_a_header_with_an_underscore_passes_for_no_other(web: Served) -> None:
    sent = request("GET", "/api/v1/services").replace(
        b"Host:", b"X_Api_Key: " + web.key.encode() + b"\r\nHost:"
    )
    assert status_of(web.ask(sent)) in (401, 404)


def test_a_path_is_read_as_by_wsgi(web: Served) -> None:
    answer = web.ask(request("GET", "/p/%C3%A9%00?x=%00"))
    assert status_of(answer) in (400, 404)
    assert Client().get("/p/%C3%A9").status_code == 404
