"""Provider accounts that lead to the sandbox, with keys of their own, made once and kept."""

import json
import secrets
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.conf import settings

from channels.accounts.credentials import account_upsert, open_credentials
from channels.models import App, ProviderAccount
from notifyproj.core.encryption import Undecryptable

PROJECT = "shop-demo"
TOPIC = "com.example.shop"


def seed_accounts() -> None:
    """Endpoints follow the settings, as ports may change between runs."""
    _seed_push(settings.SANDBOX_URL)
    account_upsert(
        slug="demo-smtp",
        channel="email",
        kind="smtp",
        endpoint=f"smtp://127.0.0.1:{settings.SANDBOX_SMTP_PORT}",
        settings={"from": "orders@shop.example", "from_name": "Shop", "security": "none"},
    )
    _seed_sms(settings.SANDBOX_URL)
    account_upsert(slug="demo-inbox", channel="inbox", kind="inbox")


def _seed_push(sandbox: str) -> None:
    ios = _app("shop-ios", "Shop for iPhone", "ios")
    android = _app("shop-android", "Shop for Android", "android")
    account_upsert(
        slug="demo-apns",
        channel="push",
        kind="apns",
        app=ios,
        endpoint=f"{sandbox}/demo-apns",
        credentials=kept("demo-apns", _apns_key),
        settings={"topic": TOPIC, "environment": "sandbox"},
    )
    account_upsert(
        slug="demo-fcm",
        channel="push",
        kind="fcm",
        app=android,
        endpoint=f"{sandbox}/demo-fcm",
        credentials=kept("demo-fcm", _service_account),
    )


def _seed_sms(sandbox: str) -> None:
    account_upsert(
        slug="demo-twilio",
        channel="sms",
        kind="twilio",
        endpoint=f"{sandbox}/demo-twilio",
        credentials=kept("demo-twilio", _twilio),
        settings={"from": "+14155550199", "callback_url": hook("twilio", "demo-twilio")},
    )
    account_upsert(
        slug="demo-sns",  # a spare: nothing goes this way while Twilio is well
        channel="sms",
        kind="sns",
        endpoint=f"{sandbox}/demo-sns",
        credentials=kept("demo-sns", _aws),
        settings={"region": "eu-central-1", "from": "Shop"},
        weight=0,
    )


def hook(kind: str, slug: str) -> str:
    """Where the simulator says what became of its messages."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/hooks/{kind}/{slug}"


def _app(slug: str, name: str, platform: str) -> App:
    defaults = {"name": name, "channel": "push", "platform": platform}
    return App.objects.get_or_create(slug=slug, defaults=defaults)[0]


def kept(slug: str, make: Callable[[], dict[str, str]]) -> dict[str, str]:
    """The account's credentials as they are; new ones if it has none that can be opened."""
    row = ProviderAccount.objects.filter(slug=slug).first()
    try:
        return (row and open_credentials(slug, bytes(row.credentials))) or make()
    except Undecryptable:
        return make()


def _apns_key() -> dict[str, str]:
    key = pem(ec.generate_private_key(ec.SECP256R1()))
    return {"key": key, "key_id": "DEMOKEY123", "team_id": "DEMOTEAM12"}


def _service_account() -> dict[str, str]:
    info = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": secrets.token_hex(20),
        "private_key": pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        "client_email": f"notify@{PROJECT}.iam.gserviceaccount.com",
        "client_id": "100000000000000000000",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    return {"service_account": json.dumps(info)}


def _twilio() -> dict[str, str]:
    return {"account_sid": f"AC{secrets.token_hex(16)}", "auth_token": secrets.token_hex(16)}


def _aws() -> dict[str, str]:
    key = f"AKIA{secrets.token_hex(8).upper()}"
    return {"access_key_id": key, "secret_access_key": secrets.token_urlsafe(30)}


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
