"""A browser, and the processes it talks to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from notifyproj.launch.servers.valkey import free_port
from tests.channels.inbox.live_process import running

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def site(django_db_setup: None) -> Iterator[str]:
    """The URL of a `web` process whose pages use a `live` process of their own."""
    web_port = free_port()
    url = f"http://127.0.0.1:{web_port}"
    with (
        running(INBOX_ORIGINS=url) as live_port,
        running("notifyproj.web", web_port, LIVE_URL=f"http://127.0.0.1:{live_port}"),
    ):
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as environment:
        # Playwright keeps a loop running in this thread, where Django would refuse its ORM.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
