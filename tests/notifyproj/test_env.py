"""Variables of the environment, and how this installation names itself to mail servers."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from environs import EnvError

from notifyproj.env import env, env_host, own_name, secret
from notifyproj.settings import database_from_url


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://notify.shop.example", "notify.shop.example"),
        ("https://notify.shop.example:8443/x", "notify.shop.example"),
        ("https://bücher.example", "xn--bcher-kva.example"),
        ("https://faß.example", "xn--fa-hia.example"),
        ("http://192.0.2.7:8000", "[192.0.2.7]"),
        ("http://[2001:db8::1]:8000", "[IPv6:2001:db8::1]"),
        ("http://localhost:8000", "[127.0.0.1]"),
        ("https://intranet", "[127.0.0.1]"),
        ("", "[127.0.0.1]"),
    ],
)
def test_the_default_is_fully_qualified(
    url: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "a1b2c3")  # of a container
    assert own_name(url) == name


def test_a_machine_with_a_full_name_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "mx1.shop.example")
    assert own_name("http://localhost:8000") == "mx1.shop.example"


@pytest.mark.parametrize("value", ["mail.shop.example", "[192.0.2.1]", "[IPv6:2001:db8::1]"])
def test_a_name_that_mail_servers_take_is_taken(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EHLO_NAME", value)
    assert env_host("EHLO_NAME", "") == value


@pytest.mark.parametrize(
    "value", ["", "localhost", "192.0.2.1", "a b.example", "-a.example", "a.example\r\nX", "x_y.de"]
)
def test_one_that_they_do_not_take_stops_the_start(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EHLO_NAME", value)
    with pytest.raises(EnvError, match="EHLO_NAME"):
        env_host("EHLO_NAME", "")


@pytest.mark.parametrize(("name", "read"), [("DEBUG", env.bool), ("RETENTION_DAYS", env.int)])
def test_a_value_that_cannot_be_read_names_its_variable(
    name: str, read: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "maybe")
    with pytest.raises(EnvError, match=name):
        read(name)


def test_a_secret_may_be_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("hush\n")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("SECRET_KEY", "another")
    assert secret.str("SECRET_KEY") == "hush"


def test_a_database_is_read_from_its_url() -> None:
    found = database_from_url("postgresql://me:p%40ss@db:6432/notify?host=/run/pg&sslmode=require")
    named = {name: found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert named == {
        "NAME": "notify",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "/run/pg",
        "PORT": 6432,
    }
    options = found["OPTIONS"]
    assert isinstance(options, dict)
    assert options["sslmode"] == "require"
    assert "idle_in_transaction_session_timeout" in options["options"]


@pytest.mark.parametrize("url", ["mysql://me:hush@db/notify", "db/notify", "postgresql://db:x/n"])
def test_the_url_of_no_postgres_is_refused_unquoted(url: str) -> None:
    with pytest.raises((ImproperlyConfigured, ValueError)) as refusal:
        database_from_url(url)
    assert "hush" not in str(refusal.value)
