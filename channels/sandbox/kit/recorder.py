"""Writes what was received, in bulk, and tells those who watch."""

import asyncio
import json
import logging
from collections import deque
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError

from channels.base import Account
from channels.sandbox.kit.database import Database
from channels.sandbox.kit.values import Verdict, as_rows
from channels.sandbox.models import Received
from notifyproj.core.live import sse
from notifyproj.core.live.publish import publish

logger = logging.getLogger(__name__)

TOPIC = "sandbox"
EVERY = 0.1  # seconds between two writes
KEPT = 2_000  # newest rows; of a flood, the rest is not even written
RAW = 65_536  # characters of a request that are kept
REPLY = 4_096


def row(account: Account, at: datetime, raw: str, verdict: Verdict, fault: str) -> Received:
    answer = verdict.answer
    return Received(
        account=account.slug,
        provider=account.kind,
        received_at=at,
        delivery_id=verdict.delivery_id,
        recipient=_clean(verdict.recipient)[:500],
        accepted=verdict.accepted,
        fault=fault,
        message=_storable(verdict.message),
        raw=_clean(raw)[:RAW],
        checks=_storable(as_rows(verdict.checks)),
        answer=answer.status,
        reply=_clean(answer.body.decode("utf-8", "replace"))[:REPLY],
    )


class Recorder:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[Received] = deque(maxlen=KEPT)

    def add(self, received: Received) -> None:
        self._waiting.append(received)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self.flush()

    async def flush(self) -> None:
        rows = list(self._waiting)
        self._waiting.clear()
        if not rows:
            return
        try:
            await self._database.run(self._write, rows)
        except (OperationalError, InterfaceError):
            logger.warning("Postgres is away: what was received waits")
            self._waiting = deque([*rows, *self._waiting], maxlen=KEPT)
        except Exception:  # a row nobody can store must not stop the others
            logger.exception("Could not record what was received", extra={"rows": len(rows)})

    def _write(self, rows: list[Received]) -> None:
        made = Received.objects.bulk_create(rows)
        last = made[-1].pk
        Received.objects.filter(pk__lte=last - KEPT).delete()
        publish([(TOPIC, sse.frame("received", {"last": last}, str(last)))])


def _clean(text: str) -> str:
    """Postgres stores neither NUL nor lone surrogates (bytes that were no UTF-8)."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _storable(value: Any) -> Any:
    return json.loads(_clean(json.dumps(value, ensure_ascii=False)).replace("\\u0000", "\\ufffd"))
