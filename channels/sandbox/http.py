"""The HTTP side of the sandbox: which simulator a request is for, and which fault it meets."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from channels.sandbox.kit.accounts import Directory, Known
from channels.sandbox.kit.callbacks import Callbacks
from channels.sandbox.kit.faults import REPLACING, SILENT, FaultRule, drawn
from channels.sandbox.kit.recorder import Recorder, row
from channels.sandbox.kit.sockets import HANG, reset
from channels.sandbox.kit.values import Answer, Request, Simulator, Verdict, json_answer
from channels.sandbox.shown import raw_request

MAX_BODY = 41_943_040  # bytes: SES takes 40 MB


class Front:
    """aiohttp's one handler. Slow and hanging answers wait apart, so they hold up nobody."""

    def __init__(
        self,
        simulators: Mapping[str, Simulator],
        directory: Directory,
        recorder: Recorder,
        callbacks: Callbacks,
    ) -> None:
        self._simulators, self._directory = simulators, directory
        self._recorder, self._callbacks = recorder, callbacks
        self._memories: defaultdict[str, dict[str, Any]] = defaultdict(dict)  # by account

    async def handle(self, incoming: web.Request) -> web.StreamResponse:
        slug, _, path = incoming.path.lstrip("/").partition("/")
        known = await self._directory.find(slug) if slug else None
        simulator = self._simulators.get(known.account.kind) if known else None
        if known is None or simulator is None:
            return _response(json_answer(404, {"error": f"There is no sandbox account {slug!r}"}))
        request, fault = _heard(incoming, f"/{path}", known), None
        if simulator.is_send(request.method, request.path):
            fault = drawn(known.faults, random.random())  # noqa: S311 - no secret
        if fault and fault.kind == "reset_before":
            self._record(request, Verdict(Answer(0)), fault)
            reset(incoming.transport)
            return web.Response()
        body = await incoming.read()
        request = _heard(incoming, f"/{path}", known, body, fault.kind if fault else "")
        request = replace(request, memory=self._memories[slug])
        return await self._answer(incoming, request, simulator, fault)

    async def _answer(
        self,
        incoming: web.Request,
        request: Request,
        simulator: Simulator,
        fault: FaultRule | None,
    ) -> web.StreamResponse:
        verdict = simulator.answer(request)
        verdict = _misled(verdict, simulator, fault, request.now)
        self._record(request, verdict, fault)
        for callback in verdict.callbacks:
            self._callbacks.owe(callback)
        if fault and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault and fault.kind == "hang":
            await asyncio.sleep(HANG)
        if fault and fault.kind == "reset":
            reset(incoming.transport)
        return _response(verdict.answer)

    def _record(self, request: Request, verdict: Verdict, fault: FaultRule | None) -> None:
        if request.method == "GET":
            return  # a look-up: nothing was received
        kind = fault.kind if fault else ""
        raw = raw_request(request)
        for part in _apart(verdict):
            self._recorder.put(row(request.account, request.now, raw, part, kind))
            raw = "(in one request with the message before)"


def _misled(
    verdict: Verdict, simulator: Simulator, fault: FaultRule | None, now: datetime
) -> Verdict:
    """The verdict with the fault's answer instead of its own, where the fault has one."""
    if fault is None or fault.kind == "slow" or fault.kind in simulator.told_later:
        return verdict
    if fault.kind in REPLACING:
        answer = simulator.misbehave(fault, now)
        return _with(verdict, answer, accepted=False)
    if fault.kind in SILENT:
        return _with(verdict, Answer(0), accepted=verdict.accepted)
    return verdict


def _with(verdict: Verdict, answer: Answer, *, accepted: bool) -> Verdict:
    callbacks = verdict.callbacks if accepted else ()
    return replace(verdict, answer=answer, accepted=accepted, callbacks=callbacks)


def _apart(verdict: Verdict) -> Iterator[Verdict]:
    """One for each message."""
    if not verdict.each:
        yield verdict
    for seen in verdict.each:
        yield replace(
            verdict,
            accepted=verdict.accepted and seen.accepted,
            recipient=seen.recipient,
            delivery_id=seen.delivery_id,
            message=seen.message,
        )


def _heard(
    incoming: web.Request, path: str, known: Known, body: bytes = b"", fault: str = ""
) -> Request:
    return Request(
        method=incoming.method,
        path=path,
        query=incoming.rel_url.raw_query_string,
        headers=tuple((name.lower(), value) for name, value in incoming.headers.items()),
        body=body,
        account=known.account,
        now=datetime.now(UTC),
        fault=fault,
    )


def _response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status or 500, headers=answer.headers, body=answer.body)
