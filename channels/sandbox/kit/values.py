"""What passes between the sandbox's sockets and the simulators, which are pure."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from channels.base import Account
from channels.sandbox.kit.faults import FaultRule

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to a simulator; `path` is the provider's own, without the account."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]  # names in lower case, in the order they came
    body: bytes
    account: Account
    now: datetime
    fault: str = ""  # the one it meets, for simulators that tell of it later
    memory: dict[str, Any] = field(default_factory=dict)  # the account's, while the sandbox runs

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a provider looks at. `advice`: it takes the message all the same."""

    name: str
    passed: bool
    detail: str = ""
    advice: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """What a provider posts to us."""

    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Callback:
    """What the provider will tell us at `url`: so many seconds after the message, each signed
    when it is posted."""

    url: str
    steps: tuple[tuple[float, Callable[[datetime], Post]], ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """One of several messages that came in a request."""

    recipient: str
    delivery_id: str
    message: Mapping[str, Any]
    accepted: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a simulator makes of a request."""

    answer: Answer
    checks: tuple[Check, ...] = ()
    accepted: bool = False
    recipient: str = ""
    delivery_id: str = ""
    message: Mapping[str, Any] = field(default_factory=dict)  # as a person would see it
    callbacks: tuple[Callback, ...] = ()
    each: tuple[Seen, ...] = ()  # instead of recipient, delivery_id and message


@dataclass(frozen=True, slots=True)
class Simulator:
    answer: Callable[[Request], Verdict]
    misbehave: Callable[[FaultRule, datetime], Answer]  # for the faults that replace the answer
    is_send: Callable[[str, str], bool]  # (method, path): faults meet nothing else
    told_later: frozenset[str] = frozenset()  # faults that it takes the message all the same for


class Refused(Exception):
    """The provider refuses: `code` is its own word for why."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class Examination:
    """The checks made so far; the first that fails ends it."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def require(self, name: str, passed: object, refusal: Refused, detail: str = "") -> None:
        """Raises `refusal` unless passed."""
        self.checks.append(Check(name, bool(passed), detail or ("" if passed else refusal.code)))
        if not passed:
            raise refusal

    def advise(self, name: str, passed: object, detail: str = "") -> None:
        self.checks.append(Check(name, bool(passed), "" if passed else detail, advice=True))


def as_rows(checks: tuple[Check, ...]) -> list[dict[str, Any]]:
    return [asdict(check) for check in checks]


def json_answer(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """As providers write it: UTF-8, characters as themselves."""
    kind = {"content-type": "application/json; charset=UTF-8"}
    return Answer(status, {**kind, **(headers or {})}, json.dumps(value).encode())


def html_answer(status: int, title: str) -> Answer:
    """The error page of a load balancer in front of a provider."""
    page = (
        f"<!DOCTYPE html>\n<html lang=en>\n<title>Error {status} ({title})!!1</title>\n"
        f"<p><b>{status}.</b> <ins>That's an error.</ins>\n<p>{title}.\n</html>\n"
    )
    return Answer(status, {"content-type": "text/html; charset=UTF-8"}, page.encode())


def first_uuid(text: str) -> str:
    """The delivery's id wherever an adapter put it; "" without one."""
    found = UUID.search(text)
    return found[0].lower() if found else ""
