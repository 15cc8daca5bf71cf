"""An import of 100 MB through the whole web application, as a server would call it."""

import io
import json
from typing import Any

import psutil
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from notifyproj.core.api.keys import api_key_create
from notifyproj.core.models import Service
from preferences.models import Recipient

LINES, LINE = 100_000, 1_000
MOST_GROWTH = 24 * 1_048_576


class Body:
    """Lines made while they are read; remembers the most memory this process had meanwhile."""

    def __init__(self) -> None:
        self.sent = 0
        self.rest = b""
        self.process = psutil.Process()
        self.resident: list[int] = []

    def read(self, size: int = -1) -> bytes:
        self.resident.append(self.process.memory_info().rss)
        while len(self.rest) < size and self.sent < LINES:
            line = json.dumps({"external_id": f"user-{self.sent}"}).encode()
            self.rest += line.ljust(LINE - 1) + b"\n"
            self.sent += 1
        part, self.rest = self.rest[:size], self.rest[size:]
        return part

    readline = read

    def growth(self) -> int:
        """Since a tenth of the body was read: buffers and caches are warm by then."""
        warm = len(self.resident) // 10
        return max(self.resident) - self.resident[warm]


@pytest.mark.django_db(transaction=True)
def test_100_000_lines_are_imported_without_growing_memory(service: Service) -> None:
    _, secret = api_key_create(service=service, scopes=["recipients"])
    body = Body()
    environ: dict[str, Any] = RequestFactory().get("/").environ | {
        "PATH_INFO": "/api/v1/recipients/import",
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "application/x-ndjson",
        "CONTENT_LENGTH": str(LINES * LINE),
        "HTTP_AUTHORIZATION": f"Bearer {secret}",
    }
    environ["wsgi.input"] = body
    answer = WSGIHandler()(environ, lambda status, headers, exc_info=None: io.BytesIO().write)
    report = json.loads(b"".join(answer))
    assert (report["received"], report["created"]) == (LINES, LINES)
    assert Recipient.objects.count() == LINES
    assert body.growth() < MOST_GROWTH
