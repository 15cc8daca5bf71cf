"""The form of a message for Mailgun: what it looks at, and the messages it makes of it.

https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending
(read 2026-11)
"""

import json
import re
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from email.utils import parseaddr
from typing import Any
from urllib.parse import parse_qsl

from channels.base import Account
from channels.sandbox.kit.values import Examination, Refused, Request
from channels.sandbox.providers.email.letters import Letter, bad_headers
from channels.sandbox.providers.email.mail import is_address

MAX_PEOPLE = 1_000
MAX_OPTIONS = 16_384  # bytes of all parameters that begin with h:, o:, t: or v:
VARIABLE = re.compile(r"%recipient\.(\w+)%")
BODIES = ("text", "html", "amp-html", "template")


@dataclass(frozen=True, slots=True)
class Form:
    fields: tuple[tuple[str, str], ...]
    files: tuple[str, ...] = ()  # their names

    def first(self, name: str) -> str:
        return next((value for key, value in self.fields if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def starting(self, prefix: str) -> dict[str, str]:
        return {key[2:]: value for key, value in self.fields if key.startswith(prefix)}

    def people(self) -> dict[str, dict[str, Any]]:
        """What each person has for the placeholders; {} where there are none, or no JSON."""
        try:
            found = json.loads(self.first("recipient-variables") or "{}")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def read(request: Request) -> Form:
    kind = request.header("content-type")
    if not kind.startswith("multipart/"):
        return Form(tuple(parse_qsl(request.body.decode("utf-8", "replace"))))
    head = f"content-type: {kind}\r\n\r\n".encode()
    fields, files = [], []
    for part in BytesParser(policy=HTTP).parsebytes(head + request.body).walk():
        name = part.get_param("name", header="content-disposition")
        if part.is_multipart() or name is None:
            continue
        content = part.get_payload(decode=True)
        if part.get_filename():
            files.append(str(part.get_filename()))
        elif isinstance(content, bytes):
            fields.append((str(name), content.decode("utf-8", "replace")))
    return Form(tuple(fields), tuple(files))


def examine(form: Form, account: Account, exam: Examination) -> None:
    sender = form.first("from")
    exam.require("from given", sender, _bad("from parameter is missing"))
    address = parseaddr(sender)[1]
    exam.require("from", is_address(address), _bad("'from' parameter is not a valid address"))
    to = form.all("to")
    exam.require("to given", to, _bad("to parameter is missing"))
    exam.require("recipients", len(to) <= MAX_PEOPLE, _bad("too many recipients"), str(len(to)))
    wrong = [who for who in to if not is_address(parseaddr(who)[1])]
    invalid = _bad("'to' parameter is not a valid address. please check documentation")
    exam.require("to", not wrong, invalid, ", ".join(wrong))
    missing = "Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified"
    exam.require("a body", any(form.first(name) for name in BODIES), _bad(missing))
    options = sum(len(k) + len(v.encode()) for k, v in form.fields if k[:2] in _OPTIONS)
    large = _bad("The combined size of all custom parameters exceeds 16 KB")
    exam.require("options", options <= MAX_OPTIONS, large, f"{options} of {MAX_OPTIONS} bytes")
    headers = bad_headers(form.starting("h:"), ())
    exam.require("headers", not headers, _bad("invalid header"), ", ".join(headers))
    variables = form.first("recipient-variables")
    readable = not variables or form.people() or variables.strip() == "{}"
    exam.require("recipient-variables", readable, _bad("recipient-variables is not valid JSON"))
    exam.advise("each sees itself only", len(to) == 1 or variables, "all see all addresses")
    exam.advise("tracking is off", form.first("o:tracking") == "no", "links are rewritten twice")


_OPTIONS = ("h:", "o:", "t:", "v:")


def letters(form: Form) -> list[Letter]:
    people = form.people()
    return [_letter(form, parseaddr(who)[1], people) for who in form.all("to")]


def _letter(form: Form, to: str, people: dict[str, dict[str, Any]]) -> Letter:
    own = people.get(to, {})

    def filled(text: str) -> str:
        return VARIABLE.sub(lambda found: str(own.get(found[1], "")), text) if people else text

    return Letter(
        sender=form.first("from"),
        to=to,
        subject=filled(form.first("subject")),
        text=filled(form.first("text")),
        html=filled(form.first("html")),
        headers={name: filled(value) for name, value in form.starting("h:").items()},
        files=form.files,
        tags={name: filled(value) for name, value in form.starting("v:").items()},
    )


def _bad(message: str) -> Refused:
    return Refused(400, "", message)
