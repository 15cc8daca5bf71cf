"""Accounts at the simulators of mail APIs: spares, to which mail goes when the mail server of the
demo is down. Each signs its callbacks with a key that is made once and kept with the account."""

import secrets
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from django.conf import settings

from channels.accounts.credentials import account_upsert
from notifications.demo.accounts import hook, kept, pem

AUTHOR = {"from": "orders@shop.example", "from_name": "Shop"}
REGION = "eu-central-1"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:demo-ses-events"


def seed_mail_accounts() -> None:
    _sendgrid("demo-sendgrid")
    _ses("demo-ses")
    _mailgun("demo-mailgun")


def _sendgrid(slug: str) -> None:
    def make() -> dict[str, str]:
        key = f"SG.{secrets.token_urlsafe(16)}.{secrets.token_urlsafe(32)}"
        return {"api_key": key, "sandbox_private_key": pem(ec.generate_private_key(ec.SECP256R1()))}

    keys = kept(slug, make)
    public = load_pem_private_key(keys["sandbox_private_key"].encode(), None).public_key()
    shown = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    _spare(slug, "sendgrid", keys, {"verification_key": "".join(shown.splitlines()[1:-1])})


def _ses(slug: str) -> None:
    def make() -> dict[str, str]:
        return {
            "access_key_id": f"AKIA{secrets.token_hex(8).upper()}",
            "secret_access_key": secrets.token_urlsafe(30),
            "sandbox_private_key": pem(rsa.generate_private_key(65537, 2048)),
        }

    keys = kept(slug, make)
    own = {
        "region": REGION,
        "configuration_set": "demo",
        "topic_arn": TOPIC,
        "signing_certificate": _certificate(keys["sandbox_private_key"]),
    }
    _spare(slug, "ses", keys, own)


def _mailgun(slug: str) -> None:
    def make() -> dict[str, str]:
        return {"api_key": secrets.token_hex(16), "webhook_signing_key": secrets.token_hex(16)}

    _spare(slug, "mailgun", kept(slug, make), {"domain": "shop.example"})


def _spare(slug: str, kind: str, keys: dict[str, str], own: dict[str, str]) -> None:
    account_upsert(
        slug=slug,
        channel="email",
        kind=kind,
        endpoint=f"{settings.SANDBOX_URL}/{slug}",
        credentials=keys,
        settings={**AUTHOR, **own, "callback_url": hook(kind, slug)},
        weight=0,
    )


def _certificate(private_key: str) -> str:
    """The same for the same key, so that seeding again changes nothing."""
    key = load_pem_private_key(private_key.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - made above
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.simulator.invalid")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(2126, 1, 1, tzinfo=UTC))
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()
