"""The supervisord of a run: started, watched and stopped by the launcher."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import psutil

from notifyproj.launch.become import RUN
from notifyproj.launch.supervise import STOP_SECONDS, configuration
from notifyproj.launch.system import leftovers
from notifyproj.launch.system.child import dies_with_parent
from notifyproj.launch.system.folders import make_folder, socket_folder, write_private
from notifyproj.processes import Process

KILL = ((signal.SIGKILL, 2.0),)
ASK_AND_KILL = ((signal.SIGTERM, 3.0), *KILL)


class Supervisord:
    """Runs `processes` with `environment`; everything it starts carries the mark of `var`."""

    def __init__(
        self, *, base: Path, var: Path, processes: Iterable[Process], environment: Mapping[str, str]
    ) -> None:
        self._base, self._var, self._environment = base, var, environment
        self._processes = tuple(processes)
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        sockets = socket_folder(self._var)
        log = make_folder(self._var / "log")
        file = self._var / "supervisord.conf"
        text = configuration(
            self._processes,
            base=self._base,
            log=log,
            sockets=sockets,
            user=pwd.getpwuid(os.getuid()).pw_name,
            password=secrets.token_hex(16),
        )
        write_private(file, text)
        with (log / "supervisor.log").open("ab") as output:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "notifyproj.launch.warm", "-c", str(file)],
                cwd=self._base,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for the launcher, which asks it to stop
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )

    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def stop(self, meanwhile: Callable[[], None], impatient: Callable[[], bool]) -> None:
        """Ask all to finish, then end what is left. Calls `meanwhile` while waiting."""
        if self._child and self._child.poll() is None:
            self._child.terminate()
            deadline = time.monotonic() + STOP_SECONDS + 1
            while self.alive() and time.monotonic() < deadline and not impatient():
                meanwhile()
                time.sleep(0.1)
            leftovers.end_child(self._child, KILL)
        end_leftovers(self._var, KILL)
        shutil.rmtree(socket_folder(self._var), ignore_errors=True)


def end_leftovers(var: Path, steps: leftovers.Steps = ASK_AND_KILL) -> int:
    """End the processes of an earlier run on `var`; returns how many there were."""
    left = leftovers.marked({RUN: str(var)})
    # supervisord first: it would start its children again.
    leftovers.end([process for process in left if is_supervisord(process)], steps)
    leftovers.end([process for process in left if not is_supervisord(process)], steps)
    return len(left)


def is_supervisord(process: psutil.Process) -> bool:
    """It leads a session of its own, as nothing that it starts does."""
    try:
        return os.getsid(process.pid) == process.pid
    except ProcessLookupError:
        return False
