"""Callbacks on the `live` process: plain ASGI, many written by one statement."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import OperationalError, connection

from channels.accounts.credentials import account_upsert
from notifications.callbacks.receive import accounts, asgi, certificates, intake, store
from notifications.callbacks.receive.accounts import callers
from notifications.callbacks.receive.asgi import Hooks
from notifications.callbacks.receive.intake import Intake
from notifications.callbacks.receive.store import Inbound
from notifyproj.core.encryption import Undecryptable
from tests.channels.sns import TOPIC, notification
from tests.channels.sns import signed as sns_signed
from tests.notifications.callbacks.conftest import Sms, message_from, signature, status_of

Answer = tuple[int, bytes]


class Written(list[Inbound]):
    """Stands for the table; the statement itself is tested with the route of `web`."""

    def __init__(self) -> None:
        super().__init__()
        self.statements = 0

    def __call__(self, rows: Sequence[Inbound]) -> None:
        self.statements += 1
        self.extend(rows)


@pytest.fixture
def written(sms: Sms) -> Written:
    callers.get()
    sms.delivery()
    return Written()


def scope_of(path: str, headers: dict[str, str], method: str = "POST") -> dict[str, Any]:
    path, _, query = path.partition("?")
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    base = {"type": "http", "method": method, "path": path, "query_string": query.encode()}
    return base | {"headers": raw}


async def ask(hooks: Hooks, path: str, pieces: list[bytes], **headers: str) -> Answer:
    coming = [
        {"type": "http.request", "body": piece, "more_body": n < len(pieces) - 1}
        for n, piece in enumerate(pieces)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    await hooks(scope_of(path, named), receive, send)
    return sent[0]["status"], sent[1]["body"]


def signed(path: str, form: dict[str, str]) -> tuple[str, list[bytes], dict[str, str]]:
    return path, [urlencode(form).encode()], {"x_twilio_signature": signature(path, form)}


def run(hooks_of: Any, *requests: tuple[str, list[bytes], dict[str, str]]) -> list[Answer]:
    async def all_at_once() -> list[Answer]:
        hooks = hooks_of()
        return list(await asyncio.gather(*(ask(hooks, p, b, **h) for p, b, h in requests)))

    return asyncio.run(all_at_once())


def test_many_that_come_at_once_are_one_statement(sms: Sms, written: Written) -> None:
    requests = [signed(*status_of(sms, "delivered", MessageSid=f"SM{n}")) for n in range(50)]

    answers = run(lambda: Hooks(Intake(written)), *requests)

    assert set(answers) == {(204, b"")}
    assert (len(written), written.statements) == (50, 1)


def test_a_message_is_answered_in_twiml(sms: Sms, written: Written) -> None:
    assert run(lambda: Hooks(Intake(written)), signed(*message_from(sms, "Hello"))) == [
        (200, b"<Response/>")
    ]


def test_a_body_may_come_in_pieces(sms: Sms, written: Written) -> None:
    path, [body], headers = signed(*status_of(sms, "delivered"))

    run(lambda: Hooks(Intake(written)), (path, [body[:7], body[7:]], headers))

    assert written[0].body == body


def test_what_is_not_theirs_is_refused(sms: Sms, written: Written) -> None:
    path, body, headers = signed(*status_of(sms, "delivered"))
    requests = [
        (path + "1", body, headers),
        ("/hooks/twilio/nobody", body, headers),
        ("/hooks/", body, headers),
        (path, [b"x" * 100, b"y" * (5 * 1024 * 1024)], headers),
        (path, body, headers | {"content_length": "99999999"}),
        (path, [b""], {}),
    ]

    statuses = [status for status, _ in run(lambda: Hooks(Intake(written)), *requests)]

    assert statuses == [403, 404, 404, 413, 413, 403]
    assert not written


def test_who_goes_away_before_the_end_stores_nothing(sms: Sms, written: Written) -> None:
    path, _, headers = signed(*status_of(sms, "delivered"))

    assert run(lambda: Hooks(Intake(written)), (path, [], headers))[0][0] == 400
    assert not written


def test_while_the_table_cannot_be_written_providers_come_again(sms: Sms, written: Written) -> None:
    def fails(_: Sequence[Inbound]) -> None:
        raise OperationalError

    assert run(lambda: Hooks(Intake(fails)), signed(*status_of(sms, "delivered")))[0][0] == 503


def test_more_than_memory_holds_is_for_later(
    sms: Sms, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MOST_WAITING", 10)
    assert run(lambda: Hooks(Intake(written)), signed(*status_of(sms, "delivered")))[0][0] == 503


def test_a_sender_that_never_ends_is_cut_off(
    sms: Sms, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "BODY_SECONDS", 0.01)

    async def slow() -> int:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(30)
            return {}

        async def send(message: Any) -> None:
            sent.append(message)

        path = status_of(sms, "delivered")[0]
        await Hooks(Intake(written))(scope_of(path, {}), receive, send)
        return int(sent[0]["status"])

    assert asyncio.run(slow()) == 408


def test_a_connection_that_broke_is_made_anew(
    sms: Sms, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def broken_once(rows: Sequence[Inbound]) -> None:
        tries.append(len(rows))
        if len(tries) == 1:
            raise OperationalError

    monkeypatch.setattr(store, "insert", broken_once)
    monkeypatch.setattr(connection, "close", lambda: None)
    intake.write_rows([])

    assert len(tries) == 2


def unreadable(row: Any) -> None:
    raise Undecryptable


def test_an_account_that_cannot_be_read_now_is_asked_for_again(
    sms: Sms, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that is missing for an hour loses no bounce."""
    monkeypatch.setattr(accounts, "account_value", unreadable)
    callers.forget()
    callers.get()
    paths = [f"/hooks/twilio/{slug}" for slug in ("twilio-1", "other")]

    answers = run(lambda: Hooks(Intake(written)), *((path, [b"{}"], {}) for path in paths))

    assert [status for status, _ in answers] == [503, 404]


def test_a_certificate_that_cannot_be_had_is_no_refusal(
    sms: Sms, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_upsert(
        slug="ses-1",
        channel="email",
        kind="ses",
        credentials={"access_key_id": "AK", "secret_access_key": "s"},
        settings={"region": "eu-west-1", "from": "a@b.example", "topic_arn": TOPIC},
    )
    callers.forget()
    certificates.forget()
    callers.get()
    monkeypatch.setattr(certificates, "call", lambda _: None)
    mine = json.dumps(sns_signed(notification(Message="{}"))).encode()
    foreign = mine.replace(TOPIC.encode(), TOPIC.encode() + b"x")

    answers = run(
        lambda: Hooks(Intake(written)),
        ("/hooks/ses/ses-1", [mine], {}),
        ("/hooks/ses/ses-1", [foreign], {}),
    )

    assert [status for status, _ in answers] == [503, 403]
    assert not written
