"""`web` with less patience, and one answer whose making fails in the middle."""

from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.urls import path

from notifyproj.gateway import deadlines

deadlines.GRACE_SECONDS, deadlines.SLOWEST = 1.0, 100 << 20

from notifyproj.web import application as application  # noqa: E402  # isort: skip - sets Django up

from notifyproj import urls  # noqa: E402


def _failing() -> Iterator[bytes]:
    yield b"line\n" * 1_000
    raise OSError("the database went away")


def failing(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(_failing(), content_type="application/x-ndjson")


urls.urlpatterns.insert(0, path("failing", failing))
