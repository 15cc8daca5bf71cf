"""What holds for every adapter in the registry, whoever the provider is."""

import json
from email import message_from_bytes
from urllib.parse import parse_qs

import pytest

from channels.base import (
    Account,
    Channel,
    HttpRequest,
    HttpResponse,
    InboxWrite,
    Outcome,
    OutcomeKind,
    SmtpReply,
    SmtpSend,
    TransportFailure,
    failure_outcome,
)
from channels.registry import adapter, kinds
from channels.sandbox.providers.web_push.browser import decoded, decrypt, private_key
from tests.channels.forms import form_of
from tests.channels.samples import NOW, UA_AUTH, UA_PRIVATE, account, callback, message


def _requests() -> dict[str, HttpRequest]:
    """What each kind that speaks HTTP makes of a message."""
    built = {kind: adapter(kind).build(message(kind), account(kind), NOW) for kind in kinds()}
    return {kind: found for kind, found in built.items() if isinstance(found, HttpRequest)}


REQUESTS = _requests()
ANSWERING = tuple(REQUESTS)
HTTP = tuple(kind for kind, sent in REQUESTS.items() if not sent.guarded)  # to their own URLs
BODIES = {
    "empty": b"",
    "HTML": b"<html><body>502 Bad Gateway</body></html>",
    "cut off": b'{"error": {"code": 4',
    "a list": b"[1, 2]",
    "a number": b"7",
    "other types": b'{"error": "no", "reason": 5, "code": "x", "name": 3, "sid": [], "status": {}}',
    "deeper types": b'{"error": {"details": "no", "status": 5}, "timestamp": "soon"}',
    "odd details": b'{"error": {"details": [1, {"errorCode": {}}, {"fieldViolations": 3}]}}',
    "an absurd time": b'{"reason": "Unregistered", "timestamp": 1e300}',
    "an unknown code": b'{"reason": "New", "code": 99, "error": {"status": "NEW"}}',
    "not UTF-8": b"\xff\xfe\x00",
    "too deep": b"[" * 100_000,
}
STATUSES = (200, 201, 301, 400, 401, 403, 404, 410, 413, 429, 500, 502, 503, 999)
WAITING = {OutcomeKind.RETRY, OutcomeKind.THROTTLED}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("kind", ANSWERING)
def test_any_answer_is_an_outcome(kind: str, status: int, body: bytes) -> None:
    outcome = adapter(kind).classify(HttpResponse(status, {"retry-after": "soon"}, body))
    assert isinstance(outcome, Outcome)
    assert isinstance(outcome.code, str)
    assert outcome.reason or outcome.kind in (OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED)


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        (301, {OutcomeKind.MISCONFIGURED}),
        (400, {OutcomeKind.REJECTED}),
        (401, {OutcomeKind.MISCONFIGURED}),
        (403, {OutcomeKind.MISCONFIGURED}),
        (404, {OutcomeKind.MISCONFIGURED, OutcomeKind.REJECTED}),
        (410, {OutcomeKind.MISCONFIGURED, OutcomeKind.REJECTED}),
        (413, {OutcomeKind.REJECTED}),
        (429, WAITING),
        (500, {OutcomeKind.RETRY}),
        (502, {OutcomeKind.RETRY}),
        (503, {OutcomeKind.RETRY}),
    ],
)
@pytest.mark.parametrize("kind", HTTP)
def test_a_bare_status_never_costs_an_address(
    kind: str, status: int, allowed: set[OutcomeKind]
) -> None:
    answer = HttpResponse(status, {}, BODIES["HTML"])
    assert adapter(kind).classify(answer).kind in allowed


@pytest.mark.parametrize("text", ["", "5", "5.1", "5.1.1", "9.9.9 x", "é" * 500, "x\r\ny"])
@pytest.mark.parametrize("code", [0, 220, 250, 354, 421, 450, 499, 500, 550, 554, 599, 999])
@pytest.mark.parametrize("command", ["CONNECT", "AUTH", "MAIL", "RCPT", "DATA", "?"])
def test_any_reply_of_a_mail_server_is_an_outcome(code: int, text: str, command: str) -> None:
    assert isinstance(adapter("smtp").classify(SmtpReply(code, text, command)), Outcome)


@pytest.mark.parametrize("kind", kinds())
def test_an_unknown_callback_is_not_believed_and_not_fatal(kind: str) -> None:
    for body in BODIES.values():
        request = callback(body, "https://[broken?delivery=x&attempt=y")
        assert adapter(kind).verify(request, account(kind), NOW) is False
    for body in BODIES.values():
        assert adapter(kind).parse_events(callback(body)) == []


@pytest.mark.parametrize("kind", kinds())
def test_the_same_message_at_the_same_time_is_the_same_request(kind: str) -> None:
    one, two = (adapter(kind).build(message(kind), account(kind), NOW) for _ in range(2))
    assert one == two


@pytest.mark.parametrize("kind", kinds())
def test_a_request_carries_the_delivery_id(kind: str) -> None:
    request = adapter(kind).build(message(kind), account(kind, settings=_with_callback(kind)), NOW)
    assert "019ab3f0-0000-7000-8000-0123456789ab" in _everything(request)


@pytest.mark.parametrize("kind", kinds())
def test_a_request_shows_no_secret_in_its_repr(kind: str) -> None:
    request = adapter(kind).build(message(kind), account(kind), NOW)
    secrets = account(kind).credentials.values()
    assert not [secret for secret in secrets if len(secret) > 5 and secret in repr(request)]


@pytest.mark.parametrize("kind", HTTP)
def test_the_endpoint_of_the_account_replaces_the_providers(kind: str) -> None:
    elsewhere = account(kind, endpoint="http://127.0.0.1:8002/simulator")
    request = adapter(kind).build(message(kind), elsewhere, NOW)
    assert isinstance(request, HttpRequest)
    assert request.url.startswith("http://127.0.0.1:8002/simulator/")
    assert not request.http2


@pytest.mark.parametrize("kind", kinds())
def test_a_body_can_be_read_back(kind: str) -> None:
    request = adapter(kind).build(message(kind), account(kind), NOW)
    if isinstance(request, SmtpSend):
        assert message_from_bytes(request.data)["To"] == "ada@example.org"
    elif isinstance(request, InboxWrite):
        assert request.recipient_id == 42
    else:
        assert _read(request)


@pytest.mark.parametrize("kind", kinds())
def test_the_fields_name_every_secret(kind: str) -> None:
    fields = {field.name: field for field in adapter(kind).FIELDS}
    sample = account(kind)
    assert set(sample.credentials) | set(sample.settings) <= set(fields)
    secret = {name for name, field in fields.items() if field.secret and field.required}
    assert secret <= set(sample.credentials)


@pytest.mark.parametrize("kind", kinds())
def test_the_channel_is_declared(kind: str) -> None:
    assert adapter(kind).CHANNEL in Channel


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        adapter("pigeon")


def test_what_never_left_is_tried_again() -> None:
    assert failure_outcome(TransportFailure(False, "refused")).kind is OutcomeKind.RETRY


def test_what_may_have_left_is_uncertain() -> None:
    assert failure_outcome(TransportFailure(True, "hung")).kind is OutcomeKind.UNCERTAIN


def _with_callback(kind: str) -> dict[str, object]:
    sample: Account = account(kind)
    return {**sample.settings, "callback_url": "https://notify.example/callbacks/twilio"}


def _read(request: HttpRequest) -> object:
    """By its content type."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/"):
        return form_of(request)
    if kind.startswith("application/x-www-form-urlencoded"):
        return parse_qs(request.body.decode(), strict_parsing=True)
    return json.loads(_text(request))


def _everything(request: object) -> str:
    if isinstance(request, HttpRequest):
        return f"{request.url} {dict(request.headers)} {_text(request)}"
    if isinstance(request, SmtpSend):
        return request.data.decode()
    return repr(request)


def _text(request: HttpRequest) -> str:
    """What its receiver reads."""
    if request.headers.get("content-encoding") != "aes128gcm":
        return request.body.decode()
    key = private_key(decoded(UA_PRIVATE))
    return decrypt(request.body, key, decoded(UA_AUTH)).decode()
