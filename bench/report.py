"""The figures of a run: one table for people, `var/bench.json` for programs."""

import json
import os
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from bench.accept import Result as Accepting
from bench.blast import Result
from bench.callbacks import Result as Callbacks
from bench.campaign import Result as Campaigns
from bench.erasure import Result as Erasing
from bench.resolve import Result as Resolving
from bench.usage import Idle

TARGETS = "goal: 6,000 prompt, 4,000 slow, urgent p99 150 ms, batch 5,000, obvious x 30, 250 MB"


@dataclass
class Figures:
    """None where a part was not run."""

    machine: dict[str, object]
    blast: Result | None = None
    slow: Result | None = None
    urgent_idle_ms: dict[str, float] | None = None
    callbacks: Callbacks | None = None
    resolve: Resolving | None = None
    accept: Accepting | None = None
    urgent_killed_ms: list[float] | None = None
    obvious: float | None = None
    campaigns: list[Campaigns] = field(default_factory=list)
    erasure: Erasing | None = None
    idle: Idle | None = None
    peak_mb: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        return {
            "deliveries_per_second": self.blast and round(self.blast.per_second),
            "deliveries_per_second_slow_provider": self.slow and round(self.slow.per_second),
            "cpu_us_per_delivery": self.blast and self.blast.cpu,
            "urgent_idle_ms": self.urgent_idle_ms,
            "urgent_blast_ms": self.blast and self.blast.urgent_ms,
            "callbacks_accepted_per_second": self.callbacks
            and round(self.callbacks.accepted_per_second),
            "callbacks_folded_per_second": self.callbacks
            and round(self.callbacks.folded_per_second),
            "callbacks_urgent_ms": self.callbacks and self.callbacks.urgent_ms,
            "cpu_us_per_callback": self.callbacks and self.callbacks.cpu,
            "cpu_us_per_person_resolved_with_all_rules": self.resolve and self.resolve.total,
            "mb_while_resolving": self.resolve and self.resolve.memory_mb,
            "accept_single_per_second": self.accept and round(self.accept.single),
            "accept_batch_per_second": self.accept and round(self.accept.batch),
            "accept_crowd_per_second": self.accept and round(self.accept.crowd),
            "accept_crowd_ms": self.accept and self.accept.crowd_ms,
            "urgent_in_a_killed_worker_ms": self.urgent_killed_ms,
            "idle_cpu_percent": self.idle and self.idle.total,
            "idle_pss_mb": self.idle and self.idle.pss_mb,
            "peak_mb": self.peak_mb,
            "obvious_per_second": self.obvious and round(self.obvious),
            "ratio_to_obvious": self.ratio and round(self.ratio, 1),
            "machine": self.machine,
        }

    @property
    def ratio(self) -> float | None:
        if not self.blast or not self.obvious:
            return None
        return self.blast.per_second / self.obvious

    @property
    def complete(self) -> bool:
        return all((self.blast, self.slow, self.urgent_idle_ms, self.accept, self.obvious))


def machine(stand_in: str, recipients: int) -> dict[str, object]:
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*:\s*(.+)", text)
    version = connection.cursor().connection.server_version
    return {
        "cpu": model[1] if model else platform.processor(),
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
        "postgres": f"{version // 10000}.{version % 10000}",
        "stand_in": stand_in,
        "recipients": recipients,
    }


def write(figures: Figures, file: Path) -> None:
    file.write_text(json.dumps(figures.as_json(), indent=2) + "\n")


def table(figures: Figures) -> str:
    rows: list[tuple[str, str]] = [("machine", _text(figures.machine))]
    rows += _blast("prompt provider", figures.blast) + _blast("slow provider", figures.slow)
    if figures.urgent_idle_ms:
        rows.append(("urgent, idle, ms", _text(figures.urgent_idle_ms)))
    if figures.blast:
        rows.append(
            (
                f"urgent in the blast, ms (n={figures.blast.urgent_sends})",
                _text(figures.blast.urgent_ms),
            )
        )
    rows += _callbacks(figures.callbacks) + _resolving(figures.resolve)
    rows += [row for result in figures.campaigns for row in _campaign(result)]
    rows += _erasing(figures.erasure)
    if figures.idle:
        rows.append(("idle, % of a core", f"{figures.idle.total}: {_text(figures.idle.cpu)}"))
        rows.append(("  memory", f"{figures.idle.pss_mb} MB, what is shared counted once"))
    rows += _accepting(figures.accept)
    if figures.urgent_killed_ms:
        latest = ", ".join(f"{each:,.0f}" for each in figures.urgent_killed_ms)
        rows.append(("urgent, worker killed, ms", f"the latest of each time: {latest}"))
    if figures.obvious:
        ratio = f", so ours is {figures.ratio:.1f} times that" if figures.ratio else ""
        rows.append(("obvious implementation", f"{figures.obvious:,.0f}/s{ratio}"))
    rows.append(("peak MB a process", _text(figures.peak_mb)))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in [*rows, ("", TARGETS)])


def _blast(name: str, result: Result | None) -> list[tuple[str, str]]:
    if result is None:
        return []
    speed = (
        f"{result.per_second:,.0f} deliveries/s: {result.recorded:,} recorded in"
        f" {result.seconds:.1f} s, arrived within {result.arrival_seconds:.1f} s"
    )
    return [
        (name, speed),
        ("  by state", f"{_text(result.states)}; dispatched again by the sweep {result.swept:,}"),
        ("  CPU µs a delivery", _text(result.cpu)),
        ("  other programs", f"took {result.foreign} % of the machine meanwhile"),
    ]


def _callbacks(result: Callbacks | None) -> list[tuple[str, str]]:
    if result is None:
        return []
    speed = (
        f"{result.accepted_per_second:,.0f} accepted/s, {result.folded_per_second:,.0f} folded/s,"
        f" the last {result.last_folded_after:.1f} s after it came"
    )
    return [
        ("callbacks", speed),
        ("  answered, ms", _text(result.answer_ms)),
        ("  urgent meanwhile, ms", _text(result.urgent_ms)),
        ("  CPU µs a callback", _text(result.cpu)),
    ]


def _resolving(result: Resolving | None) -> list[tuple[str, str]]:
    if result is None:
        return []
    speed = (
        f"{result.people:,} people in {result.seconds:.1f} s, {result.total} µs of CPU each"
        f" (peak {result.peak_mb} MB)"
    )
    memory = ", ".join(f"{megabytes:.0f}" for megabytes in result.memory_mb)
    return [
        ("resolved with every rule", speed),
        ("  CPU µs a person", _text(result.cpu)),
        ("  MB at each tenth", memory),
    ]


def _campaign(result: Campaigns) -> list[tuple[str, str]]:
    speed = (
        f"{result.sent:,} of {result.people:,} people, {result.per_second:,.0f} deliveries/s, the"
        f" first after {result.first_seconds:.2f} s, {result.twice:,} arrived twice"
    )
    return [
        ("campaign", speed),
        ("  troubles", _text(result.troubles) or "none"),
        ("  CPU µs a delivery", _text(result.cpu) or "not told of what was killed"),
        ("  urgent meanwhile, ms", _text(result.urgent_ms)),
    ]


def _erasing(result: Erasing | None) -> list[tuple[str, str]]:
    if result is None:
        return []
    speed = (
        f"{result.own:,} of {result.deliveries:,} deliveries: answered in {result.at_once:.2f} s,"
        f" the first turn over in {result.whole:.2f} s, {result.statements:,} statements"
    )
    return [("erased", speed), ("  slowest", f"{result.slowest_ms:,} ms: {result.slowest}…")]


def _accepting(result: Accepting | None) -> list[tuple[str, str]]:
    if result is None:
        return []
    speed = f"single {result.single:,.0f}, in batches {result.batch:,.0f}"
    crowd = f"{result.crowd:,.0f}/s, ms: {_text(result.crowd_ms)}"
    return [("accepted a second", speed), ("  by 64 beside workers", crowd)]


def _text(values: Mapping[str, object]) -> str:
    return ", ".join(f"{key} {_number(value)}" for key, value in values.items())


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)
