"""Access tokens for a Google service account (RFC 7523).

https://developers.google.com/identity/protocols/oauth2/service-account (read 2026-10)
"""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlencode

from google.auth import crypt, jwt

from channels.answers import json_object, retry_after
from channels.base import (
    Account,
    BuildError,
    HttpRequest,
    HttpResponse,
    Outcome,
    OutcomeKind,
    Token,
)

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, not a secret
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFETIME = 3600  # seconds: the most Google gives

# https://www.rfc-editor.org/rfc/rfc6749#section-5.2
REFUSALS = frozenset(
    {"invalid_grant", "invalid_client", "invalid_request", "invalid_scope", "unauthorized_client"}
)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    project: str
    email: str
    signer: crypt.Signer


def service_account(account: Account) -> ServiceAccount:
    """The account's key file, read. Raises BuildError when it is not one."""
    try:
        return _parse(account.credentials["service_account"])
    except (KeyError, ValueError, TypeError) as error:
        reason = "The service account cannot be used"
        raise BuildError(Outcome(OutcomeKind.MISCONFIGURED, reason, "key")) from error


def token_request(account: Account, now: datetime) -> HttpRequest:
    """An assertion, signed by the service account, for an hour's access token."""
    owner = service_account(account)
    issued = int(now.timestamp())
    times = {"iat": issued, "exp": issued + LIFETIME}
    claims = {"iss": owner.email, "scope": SCOPE, "aud": TOKEN_URL, **times}
    assertion: bytes = jwt.encode(owner.signer, claims)  # type: ignore[no-untyped-call]  # the library has no types
    form = {"grant_type": GRANT, "assertion": assertion.decode()}
    url = f"{account.endpoint}/token" if account.endpoint else TOKEN_URL
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return HttpRequest("POST", url, headers, urlencode(form).encode())


def parse_token(response: HttpResponse) -> Token | Outcome:
    """The access token, or what its refusal means for every message that waits for it."""
    answer = json_object(response.body)
    value, seconds = answer.get("access_token"), answer.get("expires_in")
    if response.status == 200 and value and isinstance(value, str):
        return Token(value, float(seconds) if isinstance(seconds, int | float) else LIFETIME)
    if str(answer.get("error")) in REFUSALS or response.status in (401, 403, 404):
        return Outcome(OutcomeKind.MISCONFIGURED, "The service account was refused", "token")
    after = retry_after(response.headers) or 10.0
    return Outcome(OutcomeKind.RETRY, "Google gave no access token", "token", after=after)


@lru_cache(maxsize=64)
def _parse(text: str) -> ServiceAccount:
    info = json.loads(text)
    signer = crypt.RSASigner.from_service_account_info(info)  # type: ignore[no-untyped-call]  # the library has no types
    return ServiceAccount(str(info["project_id"]), str(info["client_email"]), signer)
