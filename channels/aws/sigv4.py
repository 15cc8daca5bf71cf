"""AWS Signature Version 4, for every AWS provider. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
(read 2026-11)
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
UNRESERVED = "-_.~"
NONE: Mapping[str, str] = MappingProxyType({})


def sigv4_headers(
    method: str,
    *,
    url: str,
    body: bytes,
    service: str,
    region: str,
    access_key: str,
    secret_key: str,
    now: datetime,
    session_token: str = "",
    headers: Mapping[str, str] = NONE,
) -> dict[str, str]:
    """`headers` (names in lower case) and those that sign them: together all that a request needs.

    Good for five minutes around `now`, so for one attempt only. The host is signed as `url` has it;
    every client sends it so.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    sent = {**headers, "x-amz-date": stamp}
    if session_token:
        sent["x-amz-security-token"] = session_token
    parts = urlsplit(url)
    canonical = {name: " ".join(value.split()) for name, value in sent.items()}
    canonical["host"] = parts.netloc.rpartition("@")[2]
    names = ";".join(sorted(canonical))
    lines = [
        method,
        quote(parts.path or "/", safe="/" + UNRESERVED),  # once more: only S3 encodes it once
        _query(parts.query),
        *(f"{name}:{canonical[name]}" for name in sorted(canonical)),
        "",
        names,
        sha256(body).hexdigest(),
    ]
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    request_hash = sha256("\n".join(lines).encode()).hexdigest()
    signed = f"{ALGORITHM}\n{stamp}\n{scope}\n{request_hash}"
    key = _signing_key(secret_key, stamp[:8], region, service)
    signature = hmac.digest(key, signed.encode(), "sha256").hex()
    credential = f"Credential={access_key}/{scope}"
    authorization = f"{ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"
    return {**sent, "authorization": authorization}


def _query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    encoded = [
        (quote(name, safe=UNRESERVED), quote(value, safe=UNRESERVED)) for name, value in pairs
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


@lru_cache(maxsize=64)
def _signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    key = b"AWS4" + secret_key.encode()
    for step in (day, region, service, "aws4_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    return key
