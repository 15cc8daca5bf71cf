"""Receipts from a provider: signed Twilio callbacks for messages that exist, at a fixed rate, while
urgent messages go out. How many are accepted and folded a second, and what they cost."""

import os
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from twilio.request_validator import RequestValidator

from bench import urgent, usage
from bench.client import Connection
from bench.stack import Stack
from bench.stand_in.problems import BenchProblem
from bench.stand_in.server import StandIn
from bench.world import World
from channels.accounts.credentials import account_upsert
from channels.models import ProviderAccount
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.ids import uuid7
from notifyproj.core.sqlarrays import array

RATE, SECONDS = 3_200, 12  # callbacks a second, and for how long
CLIENTS = 128  # connections; each waits for its answer
URGENT_RATE = 8.0
SLUG, TOKEN = "bench-twilio", secrets.token_hex(16)
ACCOUNTS_SEEN = 2.5  # seconds until the live process knows the account
GIVE_UP = 60.0

DELIVERIES = """
INSERT INTO delivery (id, notification_id, recipient_id, channel, account_id, type_id,
    template_version_id, lane, state, outcome, attempts, claims, expires_at, settled_at)
SELECT id, id, 1, 'sms', %s, 0, 0, 1, %s, %s, 1, 1, now() + interval '1 day', now()
FROM unnest(%s::uuid[]) AS id
"""
ATTEMPTS = """
INSERT INTO attempt (delivery_id, number, account_id, started_at, duration_ms, outcome)
SELECT id, 1, %s, now(), 1, 1 FROM unnest(%s::uuid[]) AS id
"""


@dataclass
class Result:
    accepted_per_second: float
    folded_per_second: float
    last_folded_after: float  # seconds after the last was accepted
    answer_ms: dict[str, float]
    urgent_ms: dict[str, float]
    cpu: dict[str, float] = field(default_factory=dict)  # microseconds a callback, by part


def run(world: World, stack: Stack, stand_in: StandIn) -> Result:
    """Raises BenchProblem when one was refused or lost."""
    account = account_upsert(
        slug=SLUG,
        channel="sms",
        kind="twilio",
        credentials={"account_sid": "AC1", "auth_token": TOKEN},
        settings={"from": "+15005550006"},
    )
    requests = _requests(_deliveries(account, RATE * SECONDS))
    time.sleep(ACCOUNTS_SEEN)
    position, pids = stand_in.prompt.position(), stack.pids() | {"bench": os.getpid()}
    sender = urgent.Sender(world, stack.port, URGENT_RATE)
    before, begin = usage.cpu_seconds(pids), time.monotonic()
    sender.start()
    answers = _post(stack.port + 1, requests)
    accepted = time.monotonic()
    _wait(account, len(requests))
    folded = time.monotonic()
    sent = sender.stop()
    after = usage.cpu_seconds(pids)
    return Result(
        accepted_per_second=len(requests) / (accepted - begin),
        folded_per_second=len(requests) / (folded - begin),
        last_folded_after=folded - accepted,
        answer_ms=urgent.summary([seconds * 1000 for seconds in answers]),
        urgent_ms=urgent.latencies(sent, stand_in.prompt, position),
        cpu=usage.per_delivery(before, after, len(requests)),
    )


def _deliveries(account: ProviderAccount, n: int) -> list[str]:
    now = int(time.time() * 1000)
    ids = sorted(str(uuid7(now)) for _ in range(n))
    with connection.cursor() as cursor:
        state, outcome = State.SENT.value, ProviderOutcome.SENT.value
        cursor.execute(DELIVERIES, [account.pk, state, outcome, array(ids)])
        cursor.execute(ATTEMPTS, [account.pk, array(ids)])
    return ids


def _requests(ids: Sequence[str]) -> list[bytes]:
    validator = RequestValidator(TOKEN)
    return [_request(validator, id_) for id_ in ids]


def _request(validator: RequestValidator, id_: str) -> bytes:
    path = f"/hooks/twilio/{SLUG}?delivery={id_}&attempt=1"
    form = {
        "AccountSid": "AC1",
        "ApiVersion": "2010-04-01",
        "From": "+15005550006",
        "MessageSid": f"SM{id_.replace('-', '')}",
        "MessageStatus": "delivered",
        "SmsSid": f"SM{id_.replace('-', '')}",
        "SmsStatus": "delivered",
        "To": "+15558675310",
    }
    signature = validator.compute_signature(settings.PUBLIC_URL + path, form)
    body = urlencode(form).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Twilio-Signature: {signature}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _post(port: int, requests: Sequence[bytes]) -> list[float]:
    """How many seconds each answer took."""
    took: list[float] = []
    failures: list[BaseException] = []
    begin = time.monotonic()

    def post(first: int) -> None:
        try:
            line = _Hook(port)
            for n in range(first, len(requests), CLIENTS):
                time.sleep(max(0.0, begin + n / RATE - time.monotonic()))
                at = time.monotonic()
                line.send(requests[n])
                took.append(time.monotonic() - at)
            line.close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=post, args=(n,), daemon=True) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise BenchProblem(f"callbacks: {failures[0]}")
    return took


class _Hook(Connection):
    EXPECTED = b" 204"


def _wait(account: ProviderAccount, wanted: int) -> None:
    """Until every delivery says what its callback said."""
    deadline = time.monotonic() + GIVE_UP
    while (found := _folded(account)) < wanted:
        if time.monotonic() > deadline:
            raise BenchProblem(f"{found:,} of {wanted:,} callbacks were folded")
        time.sleep(0.1)


def _folded(account: ProviderAccount) -> int:
    """None waits: then they are counted, which is dear."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM inbound_callback WHERE due_at IS NOT NULL)")
        if cursor.fetchone()[0]:
            return 0
        cursor.execute(
            "SELECT count(*) FROM delivery WHERE account_id = %s AND channel = 'sms'"
            " AND outcome = %s",
            [account.pk, ProviderOutcome.DELIVERED.value],
        )
        return int(cursor.fetchone()[0])
