"""What every request to SES shares: sender, headers, tags, signature."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec.json import encode

from channels.aws.sigv4 import sigv4_headers
from channels.aws.sns_publish import REGION
from channels.base import (
    Account,
    BuildError,
    HttpRequest,
    MessageTooLarge,
    Outcome,
    OutcomeKind,
)
from channels.email.fields import author, refused, reply_to
from channels.email.fields import headers as all_headers
from channels.messages import EmailMessage

MAX_SIZE = 40_000_000  # bytes of a message in base64
MAX_HEADERS = 15
# We count opens and clicks ourselves.
UNTRACKED = {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}


def common(message: EmailMessage, account: Account) -> dict[str, Any]:
    common: dict[str, Any] = {
        "FromEmailAddress": author(account).header(),
        "ConfigurationOverrides": {"Tracking": UNTRACKED},
    }
    if account.settings.get("configuration_set"):
        common["ConfigurationSetName"] = str(account.settings["configuration_set"])
    if answer_to := reply_to(message):
        common["ReplyToAddresses"] = [answer_to.header()]
    return common


def headers(message: EmailMessage) -> list[dict[str, str]]:
    kept = all_headers(message)
    if len(kept) > MAX_HEADERS:
        raise refused(list(kept)[MAX_HEADERS])
    return [{"Name": name, "Value": value} for name, value in kept.items()]


def tags(message: EmailMessage) -> list[dict[str, str]]:
    envelope = message.envelope
    pairs = {"delivery": envelope.delivery_id, "attempt": str(envelope.attempt)}
    return [{"Name": name, "Value": value} for name, value in pairs.items()]


def signed(mail: Mapping[str, Any], path: str, account: Account, now: datetime) -> HttpRequest:
    keys, region = account.credentials, str(account.settings.get("region") or "")
    access_key, secret_key = keys.get("access_key_id", ""), keys.get("secret_access_key", "")
    if not (REGION.fullmatch(region) and access_key and secret_key):
        reason = "The access key or the region is missing"
        raise BuildError(Outcome(OutcomeKind.MISCONFIGURED, reason, "key"))
    body = encode(mail)
    if len(body) > MAX_SIZE:
        raise MessageTooLarge("40 MB")
    china = ".cn" if region.startswith("cn-") else ""
    url = (account.endpoint or f"https://email.{region}.amazonaws.com{china}") + path
    sent = sigv4_headers(
        "POST",
        url=url,
        body=body,
        service="ses",
        region=region,
        access_key=access_key,
        secret_key=secret_key,
        now=now,
        session_token=keys.get("session_token", ""),
        headers={"content-type": "application/json"},
    )
    return HttpRequest("POST", url, sent, body)
