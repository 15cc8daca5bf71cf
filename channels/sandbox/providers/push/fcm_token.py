"""A simulator of Google's OAuth token endpoint, for service accounts (RFC 7523).

https://developers.google.com/identity/protocols/oauth2/service-account (read 2026-10)
"""

import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import jwt
from django.core import signing

from channels.answers import json_object
from channels.base import Account
from channels.sandbox.kit.keys import public_key
from channels.sandbox.kit.values import Examination, Refused, Request, Verdict, json_answer

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE = "https://oauth2.googleapis.com/token"
SCOPES = frozenset(
    {
        "https://www.googleapis.com/auth/firebase.messaging",
        "https://www.googleapis.com/auth/cloud-platform",
    }
)
LIFE = 3600  # seconds, of an assertion and of an access token
PREFIX = "ya29."
SALT = "channels.sandbox.providers.push.fcm_token"


def answer(request: Request) -> Verdict:
    exam = Examination()
    try:
        _examine(request, exam)
        token = issue(request.account.slug, request.now)
        value = {"access_token": token, "expires_in": LIFE - 1, "token_type": "Bearer"}
        result = json_answer(200, value)
    except Refused as refused:
        value = {"error": refused.code, "error_description": refused.message}
        result = json_answer(refused.status, value)
    return Verdict(answer=result, checks=tuple(exam.checks))


def issue(slug: str, now: datetime) -> str:
    """Signed, not remembered: it outlives a restart of the sandbox."""
    return PREFIX + signing.dumps([slug, int(now.timestamp()) + LIFE], salt=SALT)


def is_issued(token: str, slug: str, now: datetime) -> bool:
    try:
        owner, until = signing.loads(token.removeprefix(PREFIX), salt=SALT)
    except signing.BadSignature:
        return False
    return bool(owner == slug and now.timestamp() < until)


def service_account(account: Account) -> dict[str, Any]:
    """The account's key file; {} when it is none."""
    return json_object(account.credentials.get("service_account", "").encode())


def _examine(request: Request, exam: Examination) -> None:
    exam.require("method", request.method == "POST", Refused(405, "invalid_request", "POST only"))
    form = parse_qs(request.body.decode("utf-8", "replace"), max_num_fields=20)
    grant = form.get("grant_type", [""])[0]
    wrong = Refused(400, "unsupported_grant_type", f"Invalid grant_type: {grant}")
    exam.require("grant type", grant == GRANT, wrong, grant)
    assertion = form.get("assertion", [""])[0]
    exam.require(
        "assertion given", assertion, Refused(400, "invalid_request", "Missing: assertion")
    )
    _examine_claims(request, _claims(request, assertion, exam), exam)


def _claims(request: Request, assertion: str, exam: Examination) -> dict[str, Any]:
    refused = Refused(400, "invalid_grant", "Invalid JWT Signature.")
    options = {"verify_iat": False, "verify_exp": False, "verify_aud": False}
    try:
        key = public_key(str(service_account(request.account).get("private_key", "")))
        claims: dict[str, Any] = jwt.decode(assertion, key, ["RS256"], options)  # type: ignore[arg-type]  # its stubs know fewer options
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        exam.require("assertion's signature", False, refused, str(error)[:200])
        return {}
    exam.require("assertion's signature", True, refused)
    return claims


def _examine_claims(request: Request, claims: dict[str, Any], exam: Examination) -> None:
    account, now = service_account(request.account), request.now.timestamp()
    email = account.get("client_email")
    unknown = Refused(400, "invalid_grant", "Invalid grant: account not found")
    exam.require("issuer", claims.get("iss") == email, unknown, "claim iss")
    ours = {AUDIENCE, account.get("token_uri"), f"{request.account.endpoint}/token"}
    wrong = Refused(400, "invalid_grant", "Invalid JWT: aud must be the token endpoint")
    exam.require("audience", claims.get("aud") in ours, wrong, "claim aud")
    scopes = frozenset(str(claims.get("scope", "")).split())
    invalid = Refused(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    exam.require("scope", scopes & SCOPES, invalid, " ".join(sorted(scopes)))
    short = Refused(
        400,
        "invalid_grant",
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
        "timeframe. Check your iat and exp values in the JWT claim.",
    )
    issued, until = claims.get("iat"), claims.get("exp")
    times = isinstance(issued, int) and isinstance(until, int)
    exam.require("iat and exp", times, short)
    life, age = int(until or 0) - int(issued or 0), now - int(issued or 0)
    exam.require("lifetime", 0 < life <= LIFE, short, f"{life} s, {LIFE} at most")
    exam.require("in time", -300 < age < life + 300, short, f"{age:.0f} s old")


def without_assertion(body: str) -> str:
    """The form as it may be shown: the assertion is as good as a password for an hour."""
    form = {key: values[0] for key, values in parse_qs(body).items()}
    return json.dumps({**form, "assertion": "(hidden)"}) if "assertion" in form else body
