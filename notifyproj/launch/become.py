"""`python -m notifyproj.launch.become NAME` turns into that process of the list.

The same in supervisor and in a container. First it ends what a killed predecessor left: the
children of a worker that got `kill -9` know of no new parent.
"""

import os
import resource
import signal
import sys

import psutil

from notifyproj.launch.system import leftovers
from notifyproj.launch.system.child import die_with_parent
from notifyproj.processes import Process, find

RUN = "NOTIFY_RUN"  # the var folder of the run a process belongs to; unset in containers
FILES = 65_536
END = ((signal.SIGTERM, 1.0), (signal.SIGKILL, 1.0))


def end_orphans(run: str) -> None:
    """Processes of this run whose group has lost its leader: supervisor makes a group for each
    process it starts, and a group outlives a killed leader."""
    marked = leftovers.marked({RUN: run})
    leftovers.end([process for process in marked if not psutil.pid_exists(group(process))], END)


def group(process: psutil.Process) -> int:
    """Its group's id, which is the leader's process id; its own if it has just ended."""
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return int(process.pid)


def prepare(process: Process) -> None:
    """What holds for every process under supervisor."""
    run = os.environ.get(RUN)
    if run:
        die_with_parent(signal.SIGTERM)
        end_orphans(run)
    os.nice(process.niceness)
    open_files()


def open_files() -> None:
    """As many as the machine allows: a connection is one, and 1,024 is the usual limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if most == resource.RLIM_INFINITY else min(most, FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def environment(process: Process) -> dict[str, str]:
    return {
        **os.environ,
        "PROCESS_NAME": process.name,
        "MALLOC_ARENA_MAX": "2",  # threads would keep an arena each
        "PYTHONUNBUFFERED": "1",
        **process.environment,
    }


def main(name: str) -> None:
    try:
        process = find(name)
    except KeyError:
        sys.exit(f"There is no process {name}, see notifyproj/processes.py")
    if not process.is_configured(os.environ):
        sys.exit(f"{name} needs {' or '.join(process.needs)}, see docs/operations.md")
    prepare(process)
    command = [sys.executable, "-m", *process.arguments]
    os.execve(command[0], command, environment(process))  # noqa: S606 - our own list


if __name__ == "__main__":
    main(sys.argv[1])
