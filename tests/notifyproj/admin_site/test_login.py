"""Logging in: how often somebody may try, who is locked out by whom, and what is written down."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django.fixtures import Settings

from notifyproj.core.login_limits import NAME, PAIR, network
from notifyproj.core.models import AuditEntry
from notifyproj.core.servers import redis_client
from notifyproj.core.servers.redis_client import quick_redis

pytestmark = pytest.mark.django_db
DEAD_REDIS = "redis://127.0.0.1:1/0"
PASSWORD = "a long one 4711"


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    redis_client.forget_buckets()
    for key in quick_redis().scan_iter("login:*"):
        quick_redis().delete(key)


@pytest.fixture(autouse=True)
def _people(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for name in ("boss", "clerk"):
        user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name="admin"))


def log_in(name: str, password: str, address: str = "192.0.2.1") -> str:
    """What the page says; "in" when the login succeeded."""
    form = {"username": name, "password": password}
    response = Client().post("/admin/login/?next=/admin/", form, REMOTE_ADDR=address)
    if response.status_code == 302:
        return "in"
    text = response.content.decode()
    return "too many" if "Too many attempts" in text else "wrong"


def fail(name: str, times: int, address: str = "192.0.2.1") -> list[str]:
    return [log_in(name, "wrong", address) for _ in range(times)]


def notes(text: str) -> list[tuple[str, str]]:
    rows = AuditEntry.objects.filter(model="auth.user", note__startswith=text)
    return list(rows.values_list("actor", "label"))


@pytest.mark.parametrize("name", ["boss", "nobody"])
@pytest.mark.parametrize("where", ["redis", "local"])
def test_after_some_failures_a_name_has_to_wait_whether_it_exists_or_not(
    name: str, where: str, settings: Settings
) -> None:
    if where == "local":
        settings.REDIS_URL = DEAD_REDIS
    assert fail(name, PAIR.at_once) == ["wrong"] * PAIR.at_once
    assert log_in(name, PASSWORD) == "too many"


def test_capitals_and_spaces_are_no_other_name() -> None:
    for spelling in ("boss", "Boss", "BOSS", " boss", "boss "):
        log_in(spelling, "wrong")
    assert log_in("bOss", "wrong") == "too many"


def test_the_right_password_begins_anew() -> None:
    fail("boss", PAIR.at_once - 1)
    assert log_in("boss", PASSWORD) == "in"
    assert fail("boss", PAIR.at_once) == ["wrong"] * PAIR.at_once


def test_failures_of_one_name_lock_out_nobody_else_behind_the_same_proxy() -> None:
    fail("boss", 30)
    assert log_in("clerk", PASSWORD) == "in"


def test_many_names_from_one_address_have_to_wait() -> None:
    assert "too many" in [log_in(f"name-{number}", "x") for number in range(60)]


def test_who_was_here_before_gets_in_beside_somebody_who_tries_many_names() -> None:
    assert log_in("clerk", PASSWORD) == "in"
    for number in range(60):
        log_in(f"name-{number}", "x")
    assert log_in("clerk", PASSWORD) == "in"


def test_a_name_that_is_tried_from_everywhere_has_to_wait_where_it_was_never_used() -> None:
    assert log_in("boss", PASSWORD, "198.51.100.7") == "in"
    for number in range(NAME.at_once + 1):
        log_in("boss", "wrong", f"192.0.2.{number}")
    assert log_in("boss", PASSWORD, "203.0.113.9") == "too many"
    assert log_in("boss", PASSWORD, "198.51.100.7") == "in"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_an_ipv6_address_counts_as_its_network(address: str, expected: str) -> None:
    assert network(address) == expected


def test_a_login_and_a_failed_one_are_in_the_audit_log() -> None:
    log_in("boss", "wrong")
    log_in("boss", PASSWORD)
    assert notes("Login failed") == [("login", "boss")]
    assert notes("Logged in") == [("boss", "boss")]
    assert all(row.ip_hash for row in AuditEntry.objects.filter(model="auth.user", action="did"))


def test_a_name_that_nobody_has_is_not_written_down() -> None:
    """It may be a password in the wrong field."""
    log_in("hunter2", "wrong")
    assert notes("Login failed") == [("login", "a name that nobody has")]


def test_a_flood_of_refused_logins_is_one_line_of_the_audit_log() -> None:
    fail("boss", 40)
    assert len(notes("Login refused")) == 1


def test_a_name_with_nul_is_no_error_of_ours() -> None:
    assert log_in("bo\x00ss", "wrong") == "wrong"


def test_the_audit_log_shows_logins(client: Client) -> None:
    log_in("boss", PASSWORD)
    client.force_login(User.objects.get(username="boss"))
    page = client.get("/admin/core/auditentry/?actor=boss")
    assert b"Logged in" in page.content
