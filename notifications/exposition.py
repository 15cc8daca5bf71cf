"""Numbers as Prometheus reads them: its text format, version 0.0.4. Pure.

https://prometheus.io/docs/instrumenting/exposition_formats/ (read 2026-11)
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Sample(NamedTuple):
    labels: Mapping[str, str]
    value: float


class Gauge(NamedTuple):
    name: str
    help: str
    samples: Iterable[Sample]


def text(gauges: Iterable[Gauge]) -> str:
    return "".join(f"{line}\n" for gauge in gauges for line in _lines(gauge))


def _lines(gauge: Gauge) -> list[str]:
    head = [f"# HELP {gauge.name} {gauge.help}", f"# TYPE {gauge.name} gauge"]
    return head + [f"{gauge.name}{_labels(s.labels)} {s.value:.15g}" for s in gauge.samples]


def _labels(labels: Mapping[str, str]) -> str:
    inner = ",".join(f'{name}="{value.translate(ESCAPED)}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""
