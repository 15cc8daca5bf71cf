"""Deliveries with a try behind them that was never answered: where and when it was made."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from channels.accounts.choose import Route
from channels.accounts.routes import routes
from channels.base import HttpRequest, OutcomeKind, Send
from channels.messages import Message
from channels.transport.look_up import SecondTry, second_try
from notifications.dispatch.claim import Claimed
from notifyproj.core.sqlarrays import array

RESEND = "resend"

FIRST = """
SELECT DISTINCT ON (delivery_id) delivery_id::text, account_id, started_at
FROM attempt
WHERE delivery_id = ANY(%s::uuid[]) AND delivery_id BETWEEN %s::uuid AND %s::uuid
  AND outcome = %s AND account_id IS NOT NULL
ORDER BY delivery_id, number
"""


class Unanswered(NamedTuple):
    account_id: int
    at: datetime


def load_unanswered(rows: Sequence[Claimed]) -> dict[str, Unanswered]:
    """By delivery, of those of `rows` that are sent once more on suspicion: one at least."""
    ids = sorted(row.id for row in rows if row.reason == RESEND)
    with connection.cursor() as cursor:
        cursor.execute(FIRST, [array(ids), ids[0], ids[-1], OutcomeKind.UNCERTAIN.value])
        return {id_: Unanswered(account_id, at) for id_, account_id, at in cursor.fetchall()}


def finder_of(send: Send, account_id: int) -> int:
    """The account at which a look-up found the message of the first attempt."""
    if isinstance(send, SecondTry) and send.look_up:
        return send.look_up.account.id
    return account_id


def ask_first(send: Send, message: Message, tried: Unanswered, route: Route, now: datetime) -> Send:
    """`send`, preceded by a look-up where the first attempt's provider has one.

    What cannot be learnt is waited for at the same account only: at another one, somebody who
    waits for a code gets it twice rather than not at all.
    """
    first = routes.get().by_id.get(tried.account_id)
    if first is None or not isinstance(send, HttpRequest):
        return send
    return second_try(
        send,
        message,
        (first.account, first.adapter),
        tried_at=tried.at,
        now=now,
        insist=first.account.id == route.account.id,
    )
