"""Signature Version 4, held to AWS's published test suite and to botocore's results."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from channels.aws.sigv4 import sigv4_headers

# https://docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html
ACCESS_KEY, SECRET_KEY = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
HOST = "https://example.amazonaws.com"


def signed(
    method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None
) -> dict[str, str]:
    return sigv4_headers(
        method,
        url=HOST + path,
        body=body,
        service="service",
        region="us-east-1",
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        now=NOW,
        headers=headers or {},
    )


@pytest.mark.parametrize(
    ("method", "url", "signature"),
    [
        ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET",
            "/?Param2=value2&Param1=value1",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
    ],
)
def test_the_published_vectors_are_met(method: str, url: str, signature: str) -> None:
    headers = signed(method, url, b"")
    assert headers == {
        "x-amz-date": "20150830T123600Z",
        "authorization": (
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            f"SignedHeaders=host;x-amz-date, Signature={signature}"
        ),
    }


def test_a_body_and_its_type_are_signed() -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    headers = signed("POST", "/", b"Param1=value1", headers=form)
    assert headers["authorization"].endswith(
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
    )
    assert headers["content-type"] == form["content-type"]
