"""What arrives shows up by itself: as an event, and in a browser."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from django.http import StreamingHttpResponse
from django.test import RequestFactory
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from channels.base import Account, Channel
from channels.sandbox.kit import recorder
from channels.sandbox.kit.values import Answer, Verdict
from channels.sandbox.models import Received
from channels.sandbox.stream import stream

pytestmark = pytest.mark.pages

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PUSH = {"kind": "push", "platform": "ios", "title": "Order confirmed", "silent": False}


def row(message: dict[str, Any] | None = None, raw: str = "") -> Received:
    account = Account(
        id=1,
        slug="demo",
        kind="apns",
        channel=Channel.PUSH,
        app_id=None,
        endpoint="",
        credentials={},
        settings={},
    )
    verdict = Verdict(Answer(200), accepted=True, message=message or {})
    return recorder.row(account, datetime.now(UTC), raw, verdict, "")


async def _write(*rows: Received) -> None:
    writer = recorder.Recorder()
    for received in rows:
        writer.put(received)
    assert await asyncio.to_thread(writer.stop, 5)


@pytest.mark.django_db(transaction=True)
def test_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "KEPT", 3)
    for number in range(5):
        asyncio.run(_write(row(raw=str(number))))
    assert list(Received.objects.order_by("pk").values_list("raw", flat=True)) == ["2", "3", "4"]


@pytest.mark.django_db(transaction=True)
def test_bytes_that_are_no_text_can_be_recorded() -> None:
    asyncio.run(_write(row({"title": "\x00\ud800"}, raw="\x00\ud800")))
    assert Received.objects.get().message["title"] == "\ufffd?"


@pytest.mark.django_db(transaction=True)
def test_an_arrival_is_an_event(settings: Settings) -> None:
    async def watch() -> bytes:
        response = cast(
            StreamingHttpResponse, await stream(RequestFactory().get("/sandbox/stream"))
        )
        events = cast(AsyncIterator[bytes], response.streaming_content)
        seen = [await anext(events), await anext(events)]  # a heartbeat, then "look once"
        await _write(row())
        seen.append(await asyncio.wait_for(anext(events), 5))
        return seen[-1]

    event = asyncio.run(watch())
    assert b"event: received" in event
    assert str(Received.objects.get().pk).encode() in event


def test_only_our_own_page_may_read_the_stream(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://notify.example.com/"
    response = asyncio.run(stream(RequestFactory().get("/sandbox/stream")))
    assert response["Access-Control-Allow-Origin"] == "https://notify.example.com"


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
@pytest.mark.django_db(transaction=True)
def test_an_arrival_appears_without_reloading(live_server: LiveServer) -> None:
    """Without the `live` process here: the page falls back to looking every two seconds."""
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{live_server.url}/sandbox/")
        expect(page.locator("#ios")).to_contain_text("No push yet")
        _in_thread(row(PUSH))
        expect(page.locator("#ios .title")).to_have_text("Order confirmed", timeout=8000)
        expect(page.locator("#announce")).to_contain_text("New push on the iPhone")
        browser.close()


def _in_thread(received: Received) -> None:
    """Playwright keeps an event loop running here, and Django refuses to wait inside one."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _write(received)).result()


def test_the_server_refuses_to_start_when_the_sandbox_is_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SANDBOX", "0")
    command = [sys.executable, "-m", "channels.sandbox.serve"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 2
    assert "The sandbox is off" in ended.stderr
