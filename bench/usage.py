"""CPU time and peak memory of the processes under test, from /proc."""

import contextlib
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import psutil

# The parts of a delivery's cost; every other process is "others".
PART = {
    "bulk": "worker",
    "bulk_reserved": "worker",
    "urgent": "worker",
    "background": "resolve",
    "postgres": "postgres",
    "valkey": "broker",
    "stand_in 1": "stand_in",
    "stand_in 2": "stand_in",
    "bench": "bench",
}
CALM = 15.0  # seconds after which the last work's counts are folded
LOOK = 30.0
PARTS = ("worker", "resolve", "postgres", "broker", "stand_in", "others", "bench")


def tree(pid: int) -> list[psutil.Process]:
    try:
        main = psutil.Process(pid)
        return [main, *main.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """By part, of each process and its children, those that ended included."""
    spent: dict[str, float] = defaultdict(float)
    for name, pid in pids.items():
        own = name == "bench"  # everything else is its child
        for process in tree(pid)[: 1 if own else None]:
            with contextlib.suppress(psutil.NoSuchProcess):
                # user, system, and the same of children that ended
                times = process.cpu_times()[: 2 if own else 4]
                spent[PART.get(name, "others")] += sum(times)
    return dict(spent)


def machine_seconds() -> tuple[float, float]:
    """(busy, all) seconds of all cores since the machine started."""
    times = psutil.cpu_times()
    everything = times.user + times.nice + times.system + times.idle
    everything += sum(getattr(times, name, 0.0) for name in ("iowait", "irq", "softirq", "steal"))
    return everything - times.idle - getattr(times, "iowait", 0.0), everything


def foreign_share(ours: float, before: tuple[float, float], after: tuple[float, float]) -> float:
    """Percent of the machine that programs other than these took."""
    busy, everything = after[0] - before[0], after[1] - before[1]
    return round(max(0.0, busy - ours) / max(everything, 1e-9) * 100, 1)


def per_delivery(
    before: Mapping[str, float], after: Mapping[str, float], deliveries: int
) -> dict[str, float]:
    """Microseconds by part, and their sum without the benchmark's own clients."""
    used = {part: after.get(part, 0.0) - before.get(part, 0.0) for part in PARTS}
    cost = {part: seconds * 1e6 / max(deliveries, 1) for part, seconds in used.items()}
    cost["total"] = sum(cost[part] for part in PARTS if part != "bench")
    return {part: round(value, 1) for part, value in cost.items()}


class Peaks:
    """The largest process of each name, in MB; children of a worker apart."""

    def __init__(self) -> None:
        self.megabytes: dict[str, float] = {}

    def look(self, pids: Mapping[str, int]) -> None:
        for name, pid in pids.items():
            if name == "bench":
                continue
            for process in tree(pid):
                label = name if process.pid == pid else f"{name} child"
                self.megabytes[label] = max(self.megabytes.get(label, 0.0), peak(process.pid))


def peak(pid: int) -> float:
    """MB that process ever had in memory, shared pages included; 0.0 when it is gone."""
    return _megabytes(pid, "VmHWM")


def resident(pid: int) -> float:
    """The same for now."""
    return _megabytes(pid, "VmRSS")


def _megabytes(pid: int, field: str) -> float:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return round(int(lines.get(field, "0 kB").split()[0]) / 1024, 1)


class Idle(NamedTuple):
    """What is taken while nobody sends anything. `cpu`: percent of a core by process, its children
    included; `pss_mb` counts shared memory once."""

    cpu: dict[str, float]
    pss_mb: float

    @property
    def total(self) -> float:
        return round(sum(self.cpu.values()), 1)


def idle(pids: Mapping[str, int]) -> Idle:
    """`pids`: main process by name."""
    time.sleep(CALM)
    before = _seconds(pids)
    time.sleep(LOOK)
    after = _seconds(pids)
    cpu = {name: round((after[name] - spent) / LOOK * 100, 1) for name, spent in before.items()}
    return Idle(cpu=dict(sorted(cpu.items(), key=lambda item: -item[1])), pss_mb=_memory(pids))


def _seconds(pids: Mapping[str, int]) -> dict[str, float]:
    return {
        name: sum(sum(process.cpu_times()[:4]) for process in tree(pid))
        for name, pid in pids.items()
    }


def _memory(pids: Mapping[str, int]) -> float:
    each = (process.memory_full_info().pss for pid in pids.values() for process in tree(pid))
    return round(sum(each) / 1e6, 1)
