"""What AWS checks of a request's signature (Signature Version 4), read from the request alone.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html
(read 2026-11)
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

from channels.sandbox.kit.values import Examination, Refused, Request

HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,]+)/(?P<day>\d{8})/(?P<region>[^/,]+)/"
    r"(?P<service>[^/,]+)/aws4_request, ?SignedHeaders=(?P<names>[a-z0-9;-]+), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
DRIFT = timedelta(minutes=5)
MISMATCH = "The request signature we calculated does not match the signature you provided."


def examine(request: Request, service: str, exam: Examination) -> None:
    """The account's credentials are access_key_id, secret_access_key; its setting, region."""
    missing = Refused(403, "MissingAuthenticationToken", "Missing Authentication Token")
    exam.require("signature given", request.header("authorization"), missing)
    found = HEADER.fullmatch(request.header("authorization"))
    incomplete = Refused(400, "IncompleteSignature", "The Authorization header cannot be read")
    exam.require("signature complete", found, incomplete)
    if found is None:
        return
    keys, region = request.account.credentials, request.account.settings.get("region")
    unknown = Refused(403, "InvalidClientTokenId", "The security token is not valid.")
    exam.require("access key", found["key"] == keys.get("access_key_id"), unknown, found["key"])
    refused = Refused(403, "SignatureDoesNotMatch", MISMATCH)
    scope = (found["service"], found["region"]) == (service, region)
    exam.require("scope", scope, refused, f"{found['region']}/{found['service']}")
    _examine_time(request, found["day"], exam)
    names = found["names"].split(";")
    exam.require("host and date are signed", {"host", "x-amz-date"} <= set(names), refused)
    expected = _signature(request, found, keys.get("secret_access_key", ""))
    exam.require("signature", hmac.compare_digest(expected, found["signature"]), refused)


def _examine_time(request: Request, day: str, exam: Examination) -> None:
    stamp = request.header("x-amz-date")
    try:
        at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        at = datetime.min.replace(tzinfo=UTC)
    expired = Refused(400, "RequestExpired", f"Signature expired: {stamp}")
    exam.require("x-amz-date", abs(request.now - at) <= DRIFT, expired, stamp)
    exam.require("day of the scope", stamp.startswith(day), Refused(403, "SignatureDoesNotMatch"))


def _signature(request: Request, found: re.Match[str], secret: str) -> str:
    names = found["names"].split(";")
    own = urlsplit(request.account.endpoint).path  # the simulator's path leaves the account out
    canonical = [
        request.method,
        quote(own + request.path, safe="/-_.~"),
        _query(request.query),
        *(f"{name}:{' '.join(request.header(name).split())}" for name in names),
        "",
        found["names"],
        hashlib.sha256(request.body).hexdigest(),
    ]
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    scope = f"{found['day']}/{found['region']}/{found['service']}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{request.header('x-amz-date')}\n{scope}\n{digest}"
    key = f"AWS4{secret}".encode()
    for step in scope.split("/"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _query(query: str) -> str:
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    quoted = [[quote(text, safe="-_.~") for text in pair] for pair in pairs]
    return "&".join("=".join(pair) for pair in quoted)
