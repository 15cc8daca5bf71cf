"""Servers that the operator named."""

import os

import pytest

from notifyproj.launch.servers import external
from notifyproj.launch.system.problems import LaunchProblem

NOBODY = "127.0.0.1:1"


def test_a_server_that_answers_is_taken() -> None:
    external.check_postgres(os.environ["DATABASE_URL"])
    external.check_redis("REDIS_URL", os.environ["REDIS_URL"])
    external.check_broker(os.environ["REDIS_URL"])


def test_an_unreachable_postgres_is_said_in_one_line_without_its_password() -> None:
    with pytest.raises(LaunchProblem, match=r"^DATABASE_URL: .*Connection refused") as caught:
        external.check_postgres(f"postgresql://me:hidden@{NOBODY}/x")
    assert "hidden" not in str(caught.value)


def test_a_database_url_that_is_none_is_not_repeated() -> None:
    with pytest.raises(LaunchProblem) as caught:
        external.check_postgres("hidden")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("url", [f"redis://:hidden@{NOBODY}/0", f"amqp://me:hidden@{NOBODY}//"])
def test_an_unreachable_broker_is_said_without_its_password(url: str) -> None:
    with pytest.raises(LaunchProblem, match=r"^CELERY_BROKER_URL: .*refused") as caught:
        external.check_broker(url)
    assert "hidden" not in str(caught.value)


def test_an_old_postgres_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "OLDEST_POSTGRES", 990000)
    with pytest.raises(LaunchProblem, match=r"PostgreSQL 15 or newer is needed, it is \d+\."):
        external.check_postgres(os.environ["DATABASE_URL"])


def test_an_old_redis_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "OLDEST_REDIS", 99)
    with pytest.raises(LaunchProblem, match=r"Redis 7 or newer, or Valkey, is needed"):
        external.check_redis("REDIS_URL", os.environ["REDIS_URL"])
