"""Templates, MJML, schemas, files and documents that are far too much, over HTTP."""

import time
from typing import Any

import pytest

from tests.fuzz import heavy_text
from tests.fuzz.web import Web

PATH = "/api/v1/templates"


@pytest.fixture
def fuzzed(web: Web) -> str:
    """The path of a template, to write and preview."""
    web.send("POST", PATH, {"slug": "fuzzed", "name": "Fuzzed"})
    return f"{PATH}/fuzzed"


def _bodies(seed: int) -> list[tuple[str, Any]]:
    """What one seed makes: the route below the template's, and the body."""
    text, html = heavy_text.template(seed), heavy_text.mjml(seed)
    schema = heavy_text.schema(seed)
    sms = {"sms": {"default": {"body": text}}}
    mail = {"email": {"default": {"subject": "x", "mjml": html}}}
    document = heavy_text.document(seed).encode("utf-8", "surrogatepass")
    return [
        ("preview", {"parts": sms}),
        ("preview", {"parts": mail}),
        ("preview", {"parts": {"sms": {"default": {"body": "x"}}}, "schema": schema}),
        ("draft", {"parts": sms}),
        ("draft", {"parts": mail, "schema": schema}),
        ("draft", document),
        ("preview", document),
    ]


@pytest.mark.share(8)
def test_no_text_ends_the_process(web: Web, fuzzed: str, seconds: float, seed: int) -> None:
    end, number = time.monotonic() + seconds, seed * 1_000_000
    while time.monotonic() < end:
        for route, body in _bodies(number):
            web.send("PUT" if route == "draft" else "POST", f"{fuzzed}/{route}", body)
        web.send("GET", fuzzed)
        web.check()
        number += 1


@pytest.mark.share(2)
def test_no_file_ends_the_process(web: Web, seconds: float, seed: int) -> None:
    end, number = time.monotonic() + seconds, seed * 1_000_000
    while time.monotonic() < end:
        files = {"fuzzed/template.toml": heavy_text.toml(number)}
        web.send("POST", f"{PATH}/import?dry_run=true", {"files": files})
        web.check()
        number += 1
