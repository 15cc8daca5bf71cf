"""What `make run` shows: its own steps, and the processes' logs with a prefix each."""

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)


def coloured(text: str, *codes: int) -> str:
    """`text` with ANSI codes, when a person is looking and has not set NO_COLOR."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    return f"\033[{';'.join(map(str, codes))}m{text}\033[0m"


def say(text: str = "") -> None:
    """Prints a line at once."""
    print(text, flush=True)


def complain(text: str) -> None:
    """Prints a line to stderr, in red where the terminal has colours."""
    print(coloured(f"  ✗ {text}", 31), file=sys.stderr, flush=True)


class Step:
    """`with Step("Postgres"):` prints one line with how long it took, unless it failed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.detail = ""

    def __enter__(self) -> "Step":
        self.start = time.monotonic()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            took = coloured(f"{time.monotonic() - self.start:5.1f} s", 2)
            say(f"  {coloured('✓', 32)} {self.name:<22}{took}  {self.detail}".rstrip())


class Log:
    """Follows one process's log file, from its present end and through rotation."""

    def __init__(self, name: str, path: Path, prefix: str) -> None:
        self.name, self.path, self.prefix = name, path, prefix
        self._file: IO[str] | None = None
        self._partial = ""
        if path.exists():
            self._open().seek(0, os.SEEK_END)

    def _open(self) -> IO[str]:
        self._file = self.path.open(encoding="utf-8", errors="replace")
        return self._file

    def lines(self) -> list[str]:
        """Whole lines that are new since the last call."""
        if self._file is None:
            if not self.path.exists():
                return []
            self._open()
        text = self._read()
        if self._rotated():
            self._open()
            text += self._read()
        *whole, self._partial = (self._partial + text).split("\n")
        return [self.prefix + line for line in whole if line.strip()]

    def _read(self) -> str:
        return self._file.read() if self._file else ""

    def _rotated(self) -> bool:
        if self._file is None or not self.path.exists():
            return False
        return not os.path.samestat(os.fstat(self._file.fileno()), self.path.stat())


class Logs:
    """All of them. `show()` prints what is new; while `held` it only keeps it."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        chosen = list(names)
        width = max(map(len, chosen))
        self.held = True
        self._kept: list[str] = []
        self._logs = [
            Log(name, folder / f"{name}.log", prefix(name, width, COLOURS[i % len(COLOURS)]))
            for i, name in enumerate(chosen)
        ]

    def show(self) -> None:
        self._kept += [line for log in self._logs for line in log.lines()]
        if self._kept and not self.held:
            say("\n".join(self._kept))
            self._kept.clear()

    def said(self, text: str) -> bool:
        """Whether a line that is kept has `text`."""
        return any(text in line for line in self._kept)

    def release(self, *, forget: bool) -> None:
        """Print from now on, and what was kept, unless it is to be forgotten."""
        self.show()
        if forget:
            self._kept.clear()
        self.held = False
        self.show()


def prefix(name: str, width: int, colour: int) -> str:
    return coloured(f"{name:<{width}} │ ", colour)
