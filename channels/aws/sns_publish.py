"""Amazon SNS: the request `Publish`, and what its responses mean, for SMS and push. Pure.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html (read 2026-11)
"""

import re
from collections.abc import Mapping
from datetime import datetime
from html import unescape
from urllib.parse import urlencode

from channels.answers import retry_after, status_outcome
from channels.aws.sigv4 import sigv4_headers
from channels.base import (
    Account,
    BuildError,
    Field,
    HttpRequest,
    HttpResponse,
    Outcome,
    OutcomeKind,
)

FIELDS: tuple[Field, ...] = (
    Field("access_key_id", "Access key id"),
    Field("secret_access_key", "Secret access key", secret=True),
    Field("region", "Region", help="eu-central-1", setting=True),
)
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d")
VERSION = "2010-03-31"

RETRY, THROTTLED = OutcomeKind.RETRY, OutcomeKind.THROTTLED
BAD, REJECTED, PAUSE = OutcomeKind.BAD_RECIPIENT, OutcomeKind.REJECTED, OutcomeKind.MISCONFIGURED

OPTED_OUT = "OptedOut"
KEY = (PAUSE, "AWS refused our credentials", None)
KMS = (PAUSE, "The key that encrypts at AWS cannot be used", None)
MALFORMED = (REJECTED, "Amazon SNS refused the message", None)
TROUBLE = (RETRY, "Amazon SNS has trouble", None)
TOO_FAST = (THROTTLED, "Too many requests", 1.0)
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors and
# https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
CODES: dict[str, tuple[OutcomeKind, str, float | None]] = {
    **dict.fromkeys(("Throttled", "Throttling", "KMSThrottling"), TOO_FAST),
    **dict.fromkeys(
        "InvalidParameter InvalidParameterValue ParameterValueInvalid ValidationException".split(),
        MALFORMED,
    ),
    "AuthorizationError": (PAUSE, "The AWS account may not publish", None),
    "AccessDenied": (PAUSE, "The AWS account may not publish", None),
    **dict.fromkeys(
        (
            *("InvalidSecurity", "InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken"),
            *("MissingAuthenticationToken", "IncompleteSignature", "RequestExpired"),
        ),
        KEY,
    ),
    **dict.fromkeys(
        "KMSAccessDenied KMSDisabled KMSInvalidState KMSNotFound KMSOptInRequired".split(), KMS
    ),
    OPTED_OUT: (BAD, "The person has opted out of our messages", None),
    "EndpointDisabled": (BAD, "The device's endpoint is disabled", None),
    "NotFound": (BAD, "The device's endpoint does not exist", None),
    "PlatformApplicationDisabled": (PAUSE, "The platform's credentials were refused", None),
    **dict.fromkeys(("InternalError", "InternalFailure", "ServiceUnavailable"), TROUBLE),
}
# An InvalidParameter is about the number only where its text says so.
NUMBER = re.compile(r"phone ?number", re.IGNORECASE)
SPENT = re.compile(r"quota|spend|max price", re.IGNORECASE)
TAGS = {name: re.compile(rf"<{name}>([^<]{{1,1000}})</{name}>") for name in ("Code", "Message")}
MESSAGE_ID = re.compile(r"<MessageId>([^<]{1,200})</MessageId>")


def publish(
    account: Account, now: datetime, fields: Mapping[str, str], attributes: Mapping[str, str]
) -> HttpRequest:
    """Signed for this attempt. Raises BuildError."""
    region = str(account.settings.get("region", ""))
    keys = account.credentials
    access, secret = keys.get("access_key_id", ""), keys.get("secret_access_key", "")
    if not (access and secret and REGION.fullmatch(region)):
        raise BuildError(Outcome(PAUSE, "The access key or the region is missing", "key"))
    url = f"{account.endpoint or f'https://sns.{region}.amazonaws.com'}/"
    if region.startswith("cn-") and not account.endpoint:
        url = f"https://sns.{region}.amazonaws.com.cn/"
    form = {"Action": "Publish", "Version": VERSION, **fields, **_entries(attributes)}
    body = urlencode(form).encode()
    signed = sigv4_headers(
        "POST",
        url=url,
        body=body,
        service="sns",
        region=region,
        access_key=access,
        secret_key=secret,
        now=now,
        headers={"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
    )
    return HttpRequest("POST", url, signed, body)


def classify(response: HttpResponse) -> Outcome:
    """Returns the outcome of a Publish. Never raises, whatever the body is."""
    text = response.body.decode("utf-8", "replace")
    if 200 <= response.status < 300:
        found = MESSAGE_ID.search(text)
        if found is None:
            return status_outcome(response)
        return Outcome(OutcomeKind.ACCEPTED, provider_id=unescape(found[1]))
    said = _tag(text, "Code")
    code = said if said in CODES else said.removesuffix("Exception")
    if code not in CODES:
        return status_outcome(response)
    kind, reason, after = _about(text) if CODES[code] is MALFORMED else CODES[code]
    if after is not None:
        after = retry_after(response.headers) or after
    return Outcome(kind, reason, code, after=after, opted_out=code == OPTED_OUT)


def _about(text: str) -> tuple[OutcomeKind, str, float | None]:
    said = _tag(text, "Message")
    if SPENT.search(said):
        return PAUSE, "The spending limit of the AWS account is reached", None
    if NUMBER.search(said):
        return BAD, "The number is not valid", None
    return MALFORMED


def _tag(text: str, name: str) -> str:
    """Read like this, no answer can be a bomb of entities."""
    found = TAGS[name].search(text)
    return unescape(found[1]) if found else ""


def _entries(attributes: Mapping[str, str]) -> dict[str, str]:
    form = {}
    for number, (name, value) in enumerate(attributes.items(), 1):
        entry = f"MessageAttributes.entry.{number}"
        form[f"{entry}.Name"] = name
        form[f"{entry}.Value.DataType"] = "Number" if name.endswith("MaxPrice") else "String"
        form[f"{entry}.Value.StringValue"] = value
    return form
