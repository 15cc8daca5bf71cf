"""Whose callbacks we take: every account, also one that sends no more, as receipts come late."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from channels.accounts.credentials import account_value
from channels.base import Account
from channels.models import ProviderAccount
from channels.protocols import (
    Adapter,
    WithCertificate,
    WithConfirmation,
    WithNonce,
    WithReply,
)
from channels.registry import adapter
from notifyproj.core.clock import Snapshot
from notifyproj.core.encryption import Undecryptable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    account: Account
    adapter: Adapter
    # Asked once: looking whether a module offers something costs as much as a signature.
    certified: WithCertificate | None = None
    replying: WithReply | None = None
    confirming: WithConfirmation | None = None
    numbering: WithNonce | None = None


@dataclass(frozen=True, slots=True)
class Callers:
    by_id: Mapping[int, Caller]
    by_name: Mapping[tuple[str, str], Caller]  # (kind, slug)
    unreadable: frozenset[tuple[str, str]] = frozenset()  # ours, and nothing can be checked now


def caller(account: Account, adapter: Adapter) -> Caller:
    return Caller(
        account=account,
        adapter=adapter,
        certified=adapter if isinstance(adapter, WithCertificate) else None,
        replying=adapter if isinstance(adapter, WithReply) else None,
        confirming=adapter if isinstance(adapter, WithConfirmation) else None,
        numbering=adapter if isinstance(adapter, WithNonce) else None,
    )


def _load() -> Callers:
    found, unreadable = [], set()
    for row in ProviderAccount.objects.order_by("id"):
        try:
            found.append(caller(account_value(row), adapter(row.kind)))
        except (Undecryptable, LookupError) as error:
            problem = {"account": row.slug, "error": type(error).__name__}
            log.error("callbacks of an account cannot be checked", extra=problem)
            unreadable.add((row.kind, row.slug))
    by_name = {(one.account.kind, one.account.slug): one for one in found}
    return Callers({one.account.id: one for one in found}, by_name, frozenset(unreadable))


callers = Snapshot(_load, seconds=2)


def load_callers() -> Callers:
    """For a thread of its own: a connection that broke is made anew."""
    connection.close_if_unusable_or_obsolete()
    return callers.get()
