"""Callbacks that begin with "is this yours?": answered by a request, after the commit. The row
stays until that is done, so after a crash or a failure it is tried again, a minute later."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from channels.base import Account, HttpRequest
from notifications.callbacks.fold.parse import request_of
from notifications.callbacks.receive import store
from notifications.callbacks.receive.accounts import callers
from notifications.callbacks.receive.request import call
from notifications.callbacks.receive.store import Stored
from notifyproj.core.clock import now as clock_now

log = logging.getLogger(__name__)

AGAIN = 60.0  # seconds
MOST_TRIES = 5


class Asked(NamedTuple):
    id: int  # of the callback
    account: Account
    request: HttpRequest
    tries: int


def asked(rows: Sequence[Stored]) -> list[Asked]:
    """Those that ask for a confirmation. One that cannot be read is for `reading` to find."""
    found = []
    by_id = callers.get().by_id
    for row in rows:
        caller = by_id.get(row.account_id)
        if caller is None or caller.confirming is None:
            continue
        try:
            request = caller.confirming.confirmation(request_of(row), caller.account, clock_now())
        except Exception as error:
            problem = {"callback_id": row.id, "error": type(error).__name__}
            log.error("a confirmation cannot be made", extra=problem)
            continue
        if request is not None:
            found.append(Asked(row.id, caller.account, request, row.tries))
    return found


def confirm(those: Sequence[Asked]) -> None:
    """Sends the confirmations that callbacks ask for, outside of any transaction."""
    for one in those:
        answer = call(one.request, one.account)
        if answer is not None and 200 <= answer.status < 300:
            log.info("callbacks confirmed", extra={"account": one.account.slug})
            store.delete([one.id])
        elif one.tries + 1 >= MOST_TRIES:
            log.error("callbacks could not be confirmed", extra={"account": one.account.slug})
            store.park([one.id])
