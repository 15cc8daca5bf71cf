"""Every fault of the HTTP simulators, as a client meets it."""

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from channels.base import Account
from channels.sandbox.kit.faults import FaultRule, drawn
from channels.sandbox.models import Fault, Received
from tests.channels.sandbox.calls import Reply, push, send_fcm, text
from tests.channels.sandbox.conftest import Sandbox, received

pytestmark = pytest.mark.django_db

SEND: dict[str, Callable[..., Reply]] = {"apns": push, "fcm": send_fcm, "twilio": text}
KINDS = sorted(SEND)


def faulty(sandbox: Sandbox, kind: str, fault: str, **settings: Any) -> tuple[Account, Reply]:
    account = sandbox.account(kind)
    sandbox.fault(account, fault, **settings)
    return account, SEND[kind](account)


@pytest.mark.parametrize("kind", KINDS)
def test_throttle_says_when_to_come_back(sandbox: Sandbox, kind: str) -> None:
    _, (status, headers, _) = faulty(sandbox, kind, "throttle", seconds=7)
    assert (status, headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("kind", KINDS)
def test_error_has_the_status_asked_for(sandbox: Sandbox, kind: str, status: int) -> None:
    account, reply = faulty(sandbox, kind, "error", status=status)
    assert reply[0] == status
    assert not received(account).accepted


@pytest.mark.parametrize("kind", KINDS)
def test_html_is_a_page(sandbox: Sandbox, kind: str) -> None:
    _, (status, headers, body) = faulty(sandbox, kind, "html")
    assert (status, headers["content-type"][:9], body[:9]) == (502, "text/html", b"<!DOCTYPE")


def test_a_dead_token_is_unregistered_since_now_at_apple(sandbox: Sandbox) -> None:
    _, (status, _, body) = faulty(sandbox, "apns", "dead_token")
    answer = json.loads(body)
    assert (status, answer["reason"]) == (410, "Unregistered")
    assert answer["timestamp"] == pytest.approx(time.time() * 1000, abs=10_000)


def test_a_dead_token_is_unregistered_at_firebase(sandbox: Sandbox) -> None:
    _, (status, _, body) = faulty(sandbox, "fcm", "dead_token")
    assert (status, json.loads(body)["error"]["details"][0]["errorCode"]) == (404, "UNREGISTERED")


def test_a_dead_number_is_21211_at_twilio(sandbox: Sandbox) -> None:
    _, (status, _, body) = faulty(sandbox, "twilio", "dead_token")
    assert (status, json.loads(body)["code"]) == (400, 21211)


@pytest.mark.parametrize(("kind", "status"), [("apns", 403), ("fcm", 401), ("twilio", 401)])
def test_bad_auth_refuses_good_credentials(sandbox: Sandbox, kind: str, status: int) -> None:
    assert faulty(sandbox, kind, "bad_auth")[1][0] == status


def test_slow_answers_in_the_end(sandbox: Sandbox) -> None:
    started = time.monotonic()
    _, reply = faulty(sandbox, "apns", "slow", seconds=0.5)
    assert reply[0] == 200
    assert time.monotonic() - started >= 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_hang_takes_the_message_and_never_answers(sandbox: Sandbox, kind: str) -> None:
    account = sandbox.account(kind)
    sandbox.fault(account, "hang")
    with pytest.raises(socket.timeout):
        SEND[kind](account, timeout=0.5)
    row = received(account) if kind != "fcm" else _message(account)
    assert (row.accepted, row.answer) == (True, 0)


def test_a_hanging_request_holds_up_no_other(sandbox: Sandbox) -> None:
    hanging, prompt = sandbox.account("apns"), sandbox.account("apns")
    sandbox.fault(hanging, "hang")
    with ThreadPoolExecutor() as pool:
        stuck = [pool.submit(push, hanging, timeout=1.5) for _ in range(5)]
        time.sleep(0.3)
        assert push(prompt, timeout=1)[0] == 200
        assert not any(future.done() for future in stuck)


@pytest.mark.parametrize(("fault", "accepted"), [("reset", True), ("reset_before", False)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_reset_connection(sandbox: Sandbox, kind: str, fault: str, accepted: bool) -> None:
    account = sandbox.account(kind)
    sandbox.fault(account, fault)
    with pytest.raises(ConnectionResetError):
        SEND[kind](account)
    row = received(account) if kind != "fcm" else _message(account)
    assert (row.accepted, row.answer) == (accepted, 0)


def _message(account: Account) -> Received:
    """FCM's newest row that is no token request."""
    while received(account).raw.startswith("POST /token"):
        time.sleep(0.05)
    return received(account)


def test_shares_add_up() -> None:
    rules = (FaultRule("error", 0.25), FaultRule("slow", 0.5))
    chances = [step / 100 for step in range(100)]
    kinds = [found.kind if (found := drawn(rules, chance)) else "" for chance in chances]
    assert (kinds.count("error"), kinds.count("slow"), kinds.count("")) == (25, 50, 25)


def test_the_command_sets_a_fault(sandbox: Sandbox) -> None:
    account = sandbox.account("apns")
    call_command("sandbox_fault", account.slug, "throttle", "--share", "0.2", "--seconds", "9")
    fault = Fault.objects.get(account=account.slug)
    assert (fault.kind, fault.share, fault.seconds) == ("throttle", 0.2, 9)


def test_the_command_clears_faults(sandbox: Sandbox) -> None:
    account = sandbox.account("apns")
    sandbox.fault(account, "error")
    call_command("sandbox_fault", account.slug, "--clear")
    assert not Fault.objects.filter(account=account.slug).exists()


@pytest.mark.parametrize(
    "arguments", [["nobody", "error"], ["{}", "explode"], ["{}", "error", "--share", "1.5"], ["{}"]]
)
def test_the_command_refuses_nonsense(sandbox: Sandbox, arguments: list[str]) -> None:
    slug = sandbox.account("apns").slug
    with pytest.raises(CommandError):
        call_command("sandbox_fault", *[argument.format(slug) for argument in arguments])
