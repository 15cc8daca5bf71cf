"""The sandbox on real sockets, in a thread of its own, and accounts with real keys."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import connection
from pytest_django import DjangoDbBlocker

from channels.accounts.credentials import account_upsert, account_value
from channels.base import Account
from channels.models import ProviderAccount
from channels.sandbox.kit.keys import public_key
from channels.sandbox.models import Fault, Received
from channels.sandbox.serve import Ports, serve
from notifyproj.launch.servers.valkey import free_port
from tests.channels import samples
from tests.channels.sns import TOPIC as TOPIC_ARN
from tests.channels.sns import certificate, key

TEAM, KEY, TOPIC = "TEAM123456", "KEY1234567", "com.example.shop"
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SID, SECRET = "AC" + "1" * 32, "twilio-secret"
SENDER = "+15005550006"
T = TypeVar("T")


@lru_cache(maxsize=1)
def p256() -> str:
    return _pem(ec.generate_private_key(ec.SECP256R1()))


@lru_cache(maxsize=1)
def rsa_key() -> str:
    return _pem(rsa.generate_private_key(65537, 2048))


def public(private_pem: str) -> str:
    """Base64, as SendGrid shows its own."""
    return "".join(public_key(private_pem).decode().splitlines()[1:-1])


def sns_key() -> str:
    """Its certificate is `certificate()`."""
    return _pem(key())


def other_p256() -> str:
    """Nobody's."""
    return _pem(ec.generate_private_key(ec.SECP256R1()))


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass(frozen=True)
class Sandbox:
    url: str
    smtp_port: int
    thread: ThreadPoolExecutor

    def account(self, kind: str, **settings: str) -> Account:
        """A new account of this kind, on its simulator."""
        slug = f"{kind}-{uuid4().hex[:8]}"
        values = values_of(kind, slug)
        values["settings"] = {**values.get("settings", {}), **settings}
        endpoint = f"{self.url}/{slug}"
        return account_value(self.commit(account_upsert, slug=slug, endpoint=endpoint, **values))

    def fault(self, account: Account, kind: str, seconds: float = 5.0, status: int = 503) -> None:
        values = {"kind": kind, "seconds": seconds, "status": status}
        self.commit(Fault.objects.create, account=account.slug, **values)

    def commit(self, call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """In a thread, for a test's own transaction is never committed: nobody else sees it."""
        return self.thread.submit(call, *args, **kwargs).result(10)


def values_of(kind: str, slug: str) -> dict[str, Any]:
    """Of an account at its simulator: the sample's, but for those whose keys are checked."""
    if kind in ACCOUNTS:
        return ACCOUNTS[kind](slug)
    found = samples.account(kind)
    own = {"credentials": dict(found.credentials), "settings": dict(found.settings)}
    return {"channel": found.channel.value, "kind": kind, **own}


ACCOUNTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "webhook": lambda slug: {
        "channel": "webhook",
        "kind": "webhook",
        "credentials": {"secret": WEBHOOK_SECRET},
    },
    "apns": lambda slug: {
        "channel": "push",
        "kind": "apns",
        "credentials": {"key": p256(), "key_id": KEY, "team_id": TEAM},
        "settings": {"topic": TOPIC, "environment": "production"},
    },
    "fcm": lambda slug: {
        "channel": "push",
        "kind": "fcm",
        "credentials": {
            "service_account": json.dumps(
                {
                    "type": "service_account",
                    "project_id": "shop",
                    "private_key_id": "1",
                    "private_key": rsa_key(),
                    "client_email": "sender@shop.iam.gserviceaccount.com",
                    "token_uri": "https://oauth2.googleapis.com/token",
                }
            )
        },
    },
    "twilio": lambda slug: {
        "channel": "sms",
        "kind": "twilio",
        "credentials": {"account_sid": SID, "auth_token": SECRET},
        "settings": {"from": SENDER},
    },
    "sendgrid": lambda slug: {
        "channel": "email",
        "kind": "sendgrid",
        "credentials": {"api_key": "SG.key.secret", "sandbox_private_key": p256()},
        "settings": {"from": "shop@example.com", "verification_key": public(p256())},
    },
    "ses": lambda slug: {
        "channel": "email",
        "kind": "ses",
        "credentials": {
            "access_key_id": "AKIDEXAMPLE",
            "secret_access_key": "ses-secret",
            "sandbox_private_key": sns_key(),
        },
        "settings": {
            "region": "eu-west-1",
            "from": "shop@example.com",
            "configuration_set": "events",
            "topic_arn": TOPIC_ARN,
            "signing_certificate": certificate(),
        },
    },
    "smtp": lambda slug: {
        "channel": "email",
        "kind": "smtp",
        "credentials": {"username": slug, "password": "mail-secret"},
        "settings": {"from": "shop@example.com"},
    },
}


@pytest.fixture(scope="module")
def sandbox(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Sandbox]:
    """One for a whole file; every test makes its own accounts."""
    with django_db_blocker.unblock():
        with running() as started:
            yield started
        _clear()  # not before its end: it writes what it still has


@contextmanager
def running() -> Iterator[Sandbox]:
    ports = Ports(free_port(), free_port())
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve(ports, stop))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    _wait_for_port(ports.smtp)
    with ThreadPoolExecutor(1) as pool:
        try:
            yield Sandbox(f"http://127.0.0.1:{ports.http}", ports.smtp, pool)
        finally:
            pool.submit(lambda: connection.close())
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)


def _clear() -> None:
    for model in (Received, Fault, ProviderAccount):
        model.objects.all().delete()


def _wait_for_port(port: int) -> None:
    for _ in range(200):
        with socket.socket() as found:
            if found.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(port)


def received(account: Account) -> Received:
    """The newest request of the account; it is written within 0.1 s."""
    for _ in range(100):
        row = Received.objects.filter(account=account.slug).order_by("-pk").first()
        if row is not None:
            return row
        time.sleep(0.05)
    raise AssertionError(f"nothing received for {account.slug}")
