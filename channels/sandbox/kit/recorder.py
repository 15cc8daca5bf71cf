"""Writes what was received, in bulk, and tells those who watch."""

import json
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from channels.base import Account
from channels.sandbox.kit.values import Verdict, as_rows
from channels.sandbox.models import Received
from notifyproj.core.batch_writer import BatchWriter
from notifyproj.core.live import sse
from notifyproj.core.live.publish import publish

TOPIC = "sandbox"
EVERY = 0.1  # seconds between two writes
PAUSE = 0.5  # seconds after a failed write
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


class Recorder(BatchWriter[Received, Received]):
    """While Postgres is away, what was received waits, the newest `KEPT` of it."""

    def __init__(self) -> None:
        super().__init__(
            name="sandbox-recorder",
            prepare=list,
            write=_write,
            id_of=lambda received: received.delivery_id,
            every=EVERY,
            batch=KEPT,
            pause=PAUSE,
            patience=math.inf,
            most=KEPT,
        )


def _write(rows: Sequence[Received]) -> None:
    with transaction.atomic():
        made = Received.objects.bulk_create(rows)
        last = made[-1].pk
        Received.objects.filter(pk__lte=last - KEPT).delete()
    publish([(TOPIC, sse.frame("received", {"last": last}, str(last)))])


def _clean(text: str) -> str:
    """Postgres stores neither NUL nor lone surrogates (bytes that were no UTF-8)."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _storable(value: Any) -> Any:
    return json.loads(_clean(json.dumps(value, ensure_ascii=False)).replace("\\u0000", "\\ufffd"))
