import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from channels.signatures import base64url, es256_jwt, window_start
from tests.channels.samples import p8


def test_base64url_has_no_padding_and_no_slash() -> None:
    assert base64url(b"\xff\xef\xfe\x00") == "_-_-AA"


@pytest.mark.parametrize(("now", "start"), [(0.0, 0), (2699.9, 0), (2700.0, 2700), (5401.5, 5400)])
def test_a_window_starts_at_a_multiple(now: float, start: int) -> None:
    assert window_start(now, 2700) == start


def test_a_token_is_signed_once_for_its_window() -> None:
    es256_jwt.cache_clear()
    for _ in range(3):
        es256_jwt(p8(), "kid", "team", 0)
    assert es256_jwt.cache_info().misses == 1


def test_a_key_on_another_curve_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(ValueError, match="P-256"):
        es256_jwt(pem, "kid", "team", 0)
