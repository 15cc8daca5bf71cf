import pytest

from channels.transport.ssrf import is_public, refuse, refuse_url

PUBLIC = ["93.184.215.14", "8.8.8.8", "172.32.0.1", "2606:2800:21f:cb07::1", "::ffff:8.8.8.8"]
PRIVATE = [
    *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1"),
    *("198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::7f00:1"),
    *("64:ff9b::7f00:1", "64:ff9b::808:808", "2001:db8::1", "2001::1", "2002:7f00:1::", "fc00::1"),
    *("fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "3fff::1", "100::1"),
    *("", "localhost", "8.8.8.8.8", "0x7f.1", "2130706433"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    assert is_public(address)
    assert refuse("https://hooks.example.com/x", [address]) is None


@pytest.mark.parametrize("address", PRIVATE)
def test_any_other_address_may_not(address: str) -> None:
    assert not is_public(address)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    assert refuse("https://hooks.example.com/x", ["8.8.8.8", "10.0.0.1"])


def test_a_name_without_addresses_is_refused() -> None:
    assert refuse("https://hooks.example.com/x", [])


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/x",
        "https://hooks.example.com:443/x?y=1",
        "https://hooks.example.com:8443/",
        "https://xn--bcher-kva.example/",
        "https://1.hooks.example.com/",
        "HTTPS://HOOKS.EXAMPLE.COM/",
    ],
)
def test_an_ordinary_address_is_allowed(url: str) -> None:
    assert refuse_url(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:99999/",
        "https://user@hooks.example.com/",
        "https://user:pass@hooks.example.com/",
        "https://@hooks.example.com/",
        "https://hooks.example.com/#part",
        "https://hooks.example.com/#",
        "https://8.8.8.8/",
        "https://[2606:2800::1]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://localhost/",
        "https://metadata/",
        "https://metadata./",
        "https:///x",
        "https://evil.example\\@hooks.example.com/",
        "https://hooks.example.com/\r\nX: y",
        "https://hooks.example.com/ x",
        "https://\uff48ooks.example.com/",
        "https://[broken/",
        "https://a%2eexample.com/",
        "https://hooks.example.com./",
        "https://hooks..example.com/",
    ],
)
def test_anything_odd_about_a_url_is_refused(url: str) -> None:
    assert refuse_url(url)
    assert refuse(url, ["8.8.8.8"])


def test_development_may_use_plain_http_and_any_port() -> None:
    assert refuse("http://hooks.example.com:8080/", ["8.8.8.8"], http_allowed=True) is None


def test_development_may_not_call_inwards() -> None:
    assert refuse("http://hooks.example.com/", ["127.0.0.1"], http_allowed=True)


@pytest.mark.parametrize("host", ["127.0.0.1:8002", "localhost:8002", "[::1]:8002"])
def test_a_sandbox_may_be_called_on_this_machine(host: str) -> None:
    address = "::1" if "::1" in host else "127.0.0.1"
    url = f"http://{host}/x"
    assert refuse(url, [address], loopback_allowed=True) is None
    assert refuse_url(url)
    assert refuse_url(url, http_allowed=True)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://localhost/", "10.0.0.1"),
        ("https://hooks.example.com/", "127.0.0.1"),
        ("http://hooks.example.com/", "8.8.8.8"),
        ("http://127.0.0.2/", "127.0.0.2"),
        ("http://127.1/", "127.0.0.1"),
        ("http://user@localhost/", "127.0.0.1"),
    ],
)
def test_that_opens_nothing_else(url: str, address: str) -> None:
    assert refuse(url, [address], loopback_allowed=True)
