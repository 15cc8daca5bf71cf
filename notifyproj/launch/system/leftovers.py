"""Processes that an earlier run left behind, after a `kill -9` for instance."""

import contextlib
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

import psutil


def working_in(folder: Path, name: str) -> list[psutil.Process]:
    """Processes called `name` whose working folder is `folder`: the servers of that data folder.

    Sturdier than a pid file: its pid may be dead, or another program's by now.
    """
    return [process for process in psutil.process_iter(["name"]) if _is(process, folder, name)]


def _is(process: psutil.Process, folder: Path, name: str) -> bool:
    try:
        return name in process.info["name"] and process.cwd() == str(folder.resolve())
    except (psutil.Error, OSError):
        return False


def marked(marks: dict[str, str]) -> list[psutil.Process]:
    """Processes with `marks` in their environment, save this one and its parents."""
    ours = {psutil.Process().pid, *(parent.pid for parent in psutil.Process().parents())}
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in ours and marks.items() <= _environment(process).items()
    ]


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return dict(process.environ())
    except (psutil.Error, OSError):
        return {}


Steps = Iterable[tuple[signal.Signals, float]]


def end_child(child: subprocess.Popen[bytes], steps: Steps) -> None:
    """The same as `end`, for a child of ours: it has to be waited for."""
    for number, seconds in steps:
        if child.poll() is not None:
            return
        child.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=seconds)


def end(processes: Iterable[psutil.Process], steps: Steps) -> None:
    """Send each signal in turn to those still there, waiting so many seconds after each."""
    alive = list(processes)
    for number, seconds in steps:
        for process in alive:
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)
        _, alive = psutil.wait_procs(alive, timeout=seconds)
        if not alive:
            return
