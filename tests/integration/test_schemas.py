"""Our requests against the providers' own API documents, held by Prism, which answers 422 to what
a document does not allow. The documents are not part of the project; without them, skipped."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from channels import registry
from channels.base import Account, HttpRequest
from channels.messages import Message
from notifyproj.core.clock import now
from notifyproj.launch.servers.valkey import free_port
from tests.channels.samples import account, email, envelope, push, service_account, sms

BASE = Path(__file__).resolve().parents[2]
SPECS = Path(os.environ.get("PROVIDER_SPECS") or BASE.parent / "shared" / "specs")
SECONDS = 40  # until Prism listens, and of an answer
DOCUMENTS = {
    "twilio": "twilio_small.json",
    "mailgun": "mailgun_patched.json",
    "fcm": "fcm_openapi.json",
}
MESSAGES: list[tuple[str, Message]] = [
    ("twilio", sms()),
    ("twilio", replace(sms(), envelope=envelope("+989121234567"), body="کد شما ۱۲۳۴۵۶ است")),
    ("twilio", replace(sms(), body="x" * 1_600)),
    ("mailgun", email()),
    ("mailgun", email(subject="سفر\u200cکوتاه", reply_to="Müller <support@faß.de>")),
    ("mailgun", email(html="", text="Only text")),
    ("fcm", push("a-token")),
    ("fcm", push("a-token", link="https://shop.example/1", badge=3, sound="none")),
    ("fcm", push("a-token", title="", body="", silent=True, data={"sync": "orders"})),
]


@pytest.fixture(scope="session")
def prism(peer: Callable[[str], str]) -> Iterator[Callable[[str], str]]:
    """Returns the address of a server that holds requests against a provider's document."""
    program = peer("prism")
    started: list[subprocess.Popen[bytes]] = []
    urls: dict[str, str] = {}

    def serve(kind: str) -> str:
        if kind not in urls:
            process, urls[kind] = _start(program, _document(kind))
            started.append(process)
        return urls[kind]

    yield serve
    for process in started:
        process.kill()
        process.wait()


def _document(kind: str) -> Path:
    found = SPECS / DOCUMENTS[kind]
    if not found.exists():
        pytest.skip(f"{found.name} is not here: name its folder in PROVIDER_SPECS")
    return found


def _start(program: str, document: Path) -> "tuple[subprocess.Popen[bytes], str]":
    port = free_port()
    command = [program, "mock", "--errors", "--port", str(port), str(document)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            requests.get(url, timeout=1)
        except requests.RequestException:
            time.sleep(0.2)
        else:
            return process, url
    process.kill()
    raise AssertionError(f"Prism does not listen for {document.name}")


@pytest.mark.parametrize(("kind", "message"), MESSAGES)
def test_a_request_is_as_the_provider_wrote_its_api_down(
    kind: str, message: Message, prism: Callable[[str], str]
) -> None:
    at = replace(_account(kind), endpoint=prism(kind))
    request = registry.adapter(kind).build(message, at, now())
    assert isinstance(request, HttpRequest)
    answer = requests.request(
        request.method,
        request.url,
        headers=_headers(request),
        data=request.body,
        timeout=SECONDS,
    )
    assert answer.ok, f"{answer.status_code} {answer.text[:1_000]}"


def _account(kind: str) -> Account:
    """One with names that a provider could have given."""
    made = account(kind)
    given: dict[str, dict[str, Any]] = {
        "twilio": {"account_sid": "AC" + "0" * 32},
        "fcm": {"service_account": service_account().replace('"demo"', '"demo-project"')},
    }
    return replace(made, credentials={**made.credentials, **given.get(kind, {})})


def _headers(request: HttpRequest) -> dict[str, Any]:
    """A token is put in by the transport."""
    token = {"authorization": "Bearer token"} if request.needs_token else {}
    return {**request.headers, **token}
