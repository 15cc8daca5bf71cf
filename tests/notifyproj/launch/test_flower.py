"""Flower asks for its login on every page, and not without end."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from django.conf import settings

from notifyproj.core.login_limits import ADDRESS
from notifyproj.launch.servers.valkey import free_port
from notifyproj.processes import find
from tests.survival.running import poll


def ask(port: int, path: str, login: str = "") -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    token = base64.b64encode(login.encode()).decode()
    try:
        headers = {"Authorization": f"Basic {token}"} if login else {}
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def answers(port: int) -> bool:
    try:
        return ask(port, "/healthcheck") == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def flower() -> Iterator[int]:
    process, port = find("flower"), free_port()
    environment = {
        "FLOWER_BASIC_AUTH": "admin:right",
        "FLOWER_ADDRESS": "127.0.0.1",
        "FLOWER_PORT": str(port),
        "REDIS_URL": settings.REDIS_URL,
    }
    started = subprocess.Popen(
        [sys.executable, "-m", *process.arguments],
        env={**os.environ, **process.environment, **environment},
    )
    try:
        poll(lambda: answers(port), 40, "Flower is up")
        yield port
    finally:
        started.terminate()
        started.wait(10)


@pytest.mark.parametrize("path", ["/metrics", "/workers", "/api/workers", "/tasks", "/broker"])
def test_a_page_of_flower_asks_for_the_login(flower: int, path: str) -> None:
    assert ask(flower, path) == 401


def test_the_metrics_are_there_with_the_login(flower: int) -> None:
    assert ask(flower, "/metrics", "admin:right") == 200


def test_guessing_flowers_password_ends_in_429(flower: int) -> None:
    statuses = [ask(flower, "/metrics", f"admin:{number}") for number in range(ADDRESS.at_once + 2)]
    assert (statuses[0], statuses[-1]) == (401, 429)
