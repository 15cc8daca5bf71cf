"""What stands between us and the world: proxies, logs without links, and HSTS."""

import logging

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from notifyproj.core.api.middleware import client_address
from notifyproj.core.logs import PlainFormatter, mask_access
from notifyproj.core.sentry import masked
from notifyproj.env import env_count

TOKEN = "AbC123_-" * 5
LINKS = [f"/p/{TOKEN}", f"/w/{TOKEN}", f"/u/{TOKEN}", f"/l/{TOKEN}", f"/t/c/{TOKEN}"]


@pytest.mark.parametrize(
    ("said", "proxies", "expected"),
    [
        ("198.51.100.7", 1, "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7", 1, "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7, 10.0.0.2", 2, "198.51.100.7"),
        ("198.51.100.7", 2, "198.51.100.7"),
        ("6.6.6.6,198.51.100.7:5123", 1, "198.51.100.7"),
        ("[2001:db8::1]:443", 1, "2001:db8::1"),
        ("2001:db8::1", 1, "2001:db8::1"),
        ("nonsense", 1, "192.0.2.1"),
        ("", 1, "192.0.2.1"),
        ("6.6.6.6,", 1, "192.0.2.1"),
    ],
)
def test_the_address_is_what_the_counted_proxies_saw(
    said: str, proxies: int, expected: str
) -> None:
    assert client_address("192.0.2.1", said, proxies) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("1", 1), ("0", 0), ("3", 3), ("true", 1), ("no", 0)]
)
def test_behind_proxy_is_a_number_and_may_be_a_word(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: int
) -> None:
    monkeypatch.setenv("BEHIND_PROXY", text)
    assert env_count("BEHIND_PROXY", 0) == expected


@pytest.mark.parametrize("link", LINKS)
def test_a_persons_link_is_in_no_line_of_the_log(link: str) -> None:
    record = logging.LogRecord("x", 30, "", 0, "Not Found: %s", (link,), None)
    record.request = f"<WSGIRequest: GET {link!r}>"
    line = PlainFormatter().format(record)
    assert TOKEN not in line
    assert link[:3] in line


@pytest.mark.parametrize("link", LINKS)
def test_a_persons_link_is_not_in_the_access_log(link: str) -> None:
    record = logging.LogRecord("granian.access", 20, "", 0, "%(path)s", ({"path": link},), None)
    mask_access(record)
    assert TOKEN not in record.getMessage()


def test_a_persons_link_does_not_go_to_sentry() -> None:
    event = {"request": {"url": f"https://x{LINKS[0]}"}, "breadcrumbs": [{"message": LINKS[2]}]}
    assert TOKEN not in str(masked(event))


def test_hsts_is_sent_over_https(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    secure = Client().get("/health/live", secure=True)
    assert secure["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Strict-Transport-Security" not in Client().get("/health/live")
