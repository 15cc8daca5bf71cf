"""A server of a test's own that stops and goes on: it takes connections and answers nothing."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notifyproj.launch.servers.valkey import Valkey


@contextmanager
def own_valkey(folder: Path) -> Iterator[Valkey]:
    valkey = Valkey(folder / "valkey", folder / "valkey.log")
    valkey.start()
    try:
        yield valkey
    finally:
        valkey.stop()


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
