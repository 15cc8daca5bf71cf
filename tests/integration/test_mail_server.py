"""A mail server and a parser that nobody here wrote take our mail, and read what was written."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pytest
from pytest_django.fixtures import Settings

from channels.base import OutcomeKind
from channels.email.smtp import adapter as smtp
from channels.messages import Attachment
from channels.transport.loop import Transport
from tests.channels.conftest import Send
from tests.channels.conftest import send as send
from tests.channels.conftest import transport as transport
from tests.channels.samples import NOW, account, email
from tests.channels.test_header_text import TEXTS

SCRIPT = Path(__file__).with_name("mail_server.mjs")
PACKAGES = ("smtp-server", "mailparser")
FILE = b"%PDF-1.7 \x00\xff" * 500


class Server:
    def __init__(self, output: IO[str]) -> None:
        self.output = output
        self.port = int(output.readline())

    def taken(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.output.readline())
        return found


@pytest.fixture(scope="module")
def server(peer: Callable[[str], str]) -> Iterator[Server]:
    node, folder = peer("node"), SCRIPT.parent / "node_modules"
    if not all((folder / package).exists() for package in PACKAGES):
        pytest.skip("the npm packages are not installed: `make integration` installs them")
    process = subprocess.Popen([node, str(SCRIPT)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield Server(process.stdout)
    finally:
        process.kill()
        process.wait(10)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_in_any_script_is_read_as_it_was_written(
    send: Send, server: Server, settings: Settings, text: str
) -> None:
    settings.EHLO_NAME = "out.shop.example"
    base = account("smtp", endpoint=f"smtp://127.0.0.1:{server.port}")
    sender = replace(base, settings={**base.settings, "from_name": text})
    file = Attachment(f"{text}.pdf", "application/pdf", FILE)
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    message = email(
        subject=text,
        text=f"{text}\n.\n..dots\n",
        reply_to=f'"{quoted}" <hilfe@bücher.example>',
        attachments=(file,),
    )
    outcome, _ = send(sender, smtp, smtp.build(message, sender, NOW))
    assert outcome.kind is OutcomeKind.ACCEPTED
    taken = server.taken()
    assert taken["subject"] == text
    assert [(one["name"], one["address"]) for one in taken["from"]] == [(text, "shop@example.com")]
    [answer_to] = taken["reply_to"]
    assert answer_to["name"] == text
    assert answer_to["address"] in ("hilfe@bücher.example", "hilfe@xn--bcher-kva.example")
    assert taken["text"].strip() == f"{text}\n.\n..dots".strip()
    assert taken["files"] == [[f"{text}.pdf", "application/pdf", len(FILE)]]
    assert (taken["greeted"], taken["automatic"]) == ("out.shop.example", "auto-generated")


def test_a_connection_carries_many_messages(transport: Transport, server: Server) -> None:
    sender = account("smtp", endpoint=f"smtp://127.0.0.1:{server.port}")
    kinds: list[OutcomeKind] = []
    jobs = [
        (n, sender, smtp, smtp.build(email(subject=f"n{n}"), sender, NOW), time.monotonic() + 8)
        for n in range(60)
    ]
    transport.submit(jobs, lambda _, outcome, __: kinds.append(outcome.kind))
    subjects = {server.taken()["subject"] for _ in jobs}
    assert transport.drain(5.0)
    assert set(kinds) == {OutcomeKind.ACCEPTED}
    assert subjects == {f"n{n}" for n in range(60)}
