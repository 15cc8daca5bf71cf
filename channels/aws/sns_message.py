"""Amazon SNS messages that come over HTTP: whose they are, and the answer that confirms a topic.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html (read 2026-11). Pure.
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlencode, urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import Certificate, load_der_x509_certificate

from channels.answers import json_object
from channels.aws.sigv4 import sigv4_headers
from channels.base import Account, HttpRequest

HOST = re.compile(r"sns\.[a-zA-Z0-9-]{3,}\.amazonaws\.com(\.cn)?")
TOPIC = re.compile(r"arn:aws[a-z-]*:sns:(?P<region>[a-z0-9-]{3,30}):\d{12}:[\w.-]{1,256}")
PEM = re.compile(r"-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----")
NOTIFICATION, CONFIRMATION = "Notification", "SubscriptionConfirmation"
# The confirmation's keys hold for the end of a subscription, too: so says AWS, though a well-known
# validator takes the other ones there.
CONFIRMED = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: CONFIRMED,
    "UnsubscribeConfirmation": CONFIRMED,
}
HASHES = {"1": SHA1, "2": SHA256}


def read(body: bytes) -> dict[str, str]:
    """The envelope's fields; {} for anything else."""
    return {name: value for name, value in json_object(body).items() if isinstance(value, str)}


def certificate_url(message: Mapping[str, str]) -> str | None:
    """Returns the URL of the signing certificate; None where there is none, or it is not at
    Amazon."""
    try:
        url = urlsplit(message.get("SigningCertURL", ""))
        right = url.scheme == "https" and url.port in (None, 443) and "@" not in url.netloc
    except ValueError:
        return None
    found = right and HOST.fullmatch(url.hostname or "") and url.path.endswith(".pem")
    return message["SigningCertURL"] if found else None


def is_genuine(message: Mapping[str, str], certificate: str, now: datetime) -> bool:
    """Whether the owner of `certificate`, a PEM from a trusted place, signed this."""
    algorithm = HASHES.get(message.get("SignatureVersion", ""))
    key = _public_key(certificate, now)
    signed = string_to_sign(message)
    if not (algorithm and key and signed):
        return False
    try:
        signature = b64decode(message.get("Signature", ""), validate=True)
        key.verify(signature, signed, padding.PKCS1v15(), algorithm())
    except (ValueError, InvalidSignature):
        return False
    return True


def string_to_sign(message: Mapping[str, str]) -> bytes:
    """b"" for an unknown type, or when a field is missing."""
    names = SIGNED.get(message.get("Type", ""), ())
    names = tuple(name for name in names if name != "Subject" or "Subject" in message)
    if not all(name in message for name in names):
        return b""
    return "".join(f"{name}\n{message[name]}\n" for name in names).encode("utf-8", "replace")


def confirm(message: Mapping[str, str], account: Account, now: datetime) -> HttpRequest | None:
    """Subscribes us to the topic: by the API and with our own key, so that no URL of the message is
    followed and nobody without a key can end it. Needs the permission sns:ConfirmSubscription."""
    topic = TOPIC.fullmatch(message.get("TopicArn", ""))
    if message.get("Type") != CONFIRMATION or not topic:
        return None
    region = topic["region"]
    china = ".cn" if region.startswith("cn-") else ""
    form = {
        "Action": "ConfirmSubscription",
        "AuthenticateOnUnsubscribe": "true",
        "Token": message.get("Token", ""),
        "TopicArn": message["TopicArn"],
        "Version": "2010-03-31",
    }
    url, body = (
        f"{account.endpoint or f'https://sns.{region}.amazonaws.com{china}'}/",
        urlencode(form),
    )
    keys = account.credentials
    headers = sigv4_headers(
        "POST",
        url=url,
        body=body.encode(),
        service="sns",
        region=region,
        access_key=keys.get("access_key_id", ""),
        secret_key=keys.get("secret_access_key", ""),
        now=now,
        session_token=keys.get("session_token", ""),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    return HttpRequest("POST", url, headers, body.encode())


def _public_key(certificate: str, now: datetime) -> rsa.RSAPublicKey | None:
    try:
        read_ = _certificate(certificate)
        key = read_.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    valid = read_.not_valid_before_utc <= now <= read_.not_valid_after_utc
    return key if valid and isinstance(key, rsa.RSAPublicKey) else None


@lru_cache(maxsize=32)
def _certificate(pem: str) -> Certificate:
    """A form field of one line takes the line breaks out of a PEM; they carry nothing."""
    found = PEM.search(pem)
    return load_der_x509_certificate(b64decode("".join(found[1].split()) if found else ""))
