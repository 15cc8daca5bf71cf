"""Whoever follows one message through the code, from the request to its record, opens few files."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType
from typing import Any

from django.test import Client

from notifyproj.core.api.keys import api_key_create
from tests.flows.conftest import all_final, settle
from tests.world import World

ROOT = Path(__file__).parents[2]
ROOMS = tuple(
    f"{ROOT / room}/"
    for room in ("channels", "notifications", "notifyproj", "preferences", "templates")
)
MOST = 60


@contextmanager
def modules_that_run() -> Iterator[set[str]]:
    """Those of which a function is called, here and in threads that begin meanwhile."""
    seen: set[str] = set()
    before = sys.getprofile()

    def note(frame: FrameType, event: str, arg: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_flags & CO_OPTIMIZED and code.co_filename.startswith(ROOMS):
            seen.add(code.co_filename)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(before)
        threading.setprofile(before)


def test_one_push_send_runs_through_sixty_modules_at_most(world: World) -> None:
    world.person("ada", token="a" * 64)
    _, secret = api_key_create(service=world.service, scopes=["send"])
    Client().get("/health/live")  # what only the first request does
    body = {
        "type": "order",
        "template_id": "order",
        "variables": {"order_id": "A-1"},
        "channels": ["push"],
        "user_id": "ada",
    }

    with modules_that_run() as seen:
        answer = Client().post(
            "/api/v1/notifications",
            json.dumps(body),
            content_type="application/json",
            HTTP_AUTHORIZATION=f"Bearer {secret}",
        )
        settle(all_final)

    assert answer.status_code == 202
    names = sorted(str(Path(name).relative_to(ROOT)) for name in seen)
    assert len(names) <= MOST, names
