"""How this installation names itself to mail servers."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from notifyproj.env import env_host, own_name


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
    with pytest.raises(ImproperlyConfigured, match="EHLO_NAME"):
        env_host("EHLO_NAME", "")
