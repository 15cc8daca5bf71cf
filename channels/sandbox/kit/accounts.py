"""The accounts and faults a simulator needs for every request, at most two seconds old."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

from channels import registry
from channels.accounts.credentials import account_value
from channels.base import Account
from channels.models import ProviderAccount
from channels.sandbox.kit.database import Database
from channels.sandbox.kit.faults import FaultRule
from channels.sandbox.models import Fault

FRESH = 2.0  # seconds
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}")
MAIL = ""  # no account has this slug: stands for "the first SMTP account"
MOST = 1_000  # names remembered, known or not


@dataclass(frozen=True, slots=True)
class Known:
    account: Account
    faults: tuple[FaultRule, ...]


class Directory:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock
        self._entries: dict[str, tuple[float, asyncio.Task[Known | None]]] = {}

    async def find(self, slug: str) -> Known | None:
        if not SLUG.fullmatch(slug):
            return None
        return await self._find(slug)

    async def find_mail(self) -> Known | None:
        return await self._find(MAIL)

    async def _find(self, slug: str) -> Known | None:
        until, task = self._entries.get(slug, (0.0, None))
        if task is None or self._clock() >= until or _failed(task):
            if len(self._entries) >= MOST:
                self._entries.clear()
            task = asyncio.get_running_loop().create_task(self._database.run(_load, slug))
            self._entries[slug] = (self._clock() + FRESH, task)
        return await asyncio.shield(task)


def _failed(task: "asyncio.Task[Known | None]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _load(slug: str) -> Known | None:
    rows = ProviderAccount.objects.filter(kind__in=registry.kinds())
    chosen = rows.filter(slug=slug) if slug != MAIL else rows.filter(kind="smtp").order_by("pk")
    account = chosen.first()
    if account is None:
        return None
    faults = Fault.objects.filter(account=account.slug)
    rules = tuple(FaultRule(row.kind, row.share, row.seconds, row.status) for row in faults)
    return Known(account_value(account), rules)
