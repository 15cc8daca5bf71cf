"""What Amazon SNS would post, with a key pair of its own."""

from base64 import b64encode
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

TOPIC = "arn:aws:sns:eu-west-1:123456789012:ses-events"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def certificate(since: int = 2026, until: int = 2030) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder(name, name, key().public_key(), 1)
    builder = builder.not_valid_before(datetime(since, 1, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(until, 1, 1, tzinfo=UTC))
    return builder.sign(key(), SHA256()).public_bytes(Encoding.PEM).decode()


def notification(**changes: str) -> dict[str, str]:
    base = {
        "Type": "Notification",
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "TopicArn": TOPIC,
        "Message": "{}",
        "Timestamp": "2026-11-22T09:59:58.000Z",
    }
    return {**base, **changes}


def confirmation(**changes: str) -> dict[str, str]:
    more = {
        "Type": "SubscriptionConfirmation",
        "Token": "2336412f37",
        "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
    }
    return notification(**{**more, **changes})


def signed(message: dict[str, str], version: str = "2") -> dict[str, str]:
    """By the rules: the fields in the order of their names, `Subject` only where there is one."""
    if message["Type"] == "Notification":
        names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    else:
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    algorithm = SHA1() if version == "1" else SHA256()
    signature = key().sign(text.encode(), padding.PKCS1v15(), algorithm)
    more = {"SignatureVersion": version, "Signature": b64encode(signature).decode()}
    return {**message, **more, "SigningCertURL": CERTIFICATE_URL}
