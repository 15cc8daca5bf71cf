"""What `make run` does, in order, and its end."""

import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from notifyproj.launch.answers import answers, silent_queues
from notifyproj.launch.demo import show_demo
from notifyproj.launch.environment import (
    Ports,
    check_free,
    choose_ports,
    has_sandbox,
    run_environment,
)
from notifyproj.launch.secret_file import load_secrets, write_env
from notifyproj.launch.servers.servers import Servers
from notifyproj.launch.supervisord import Supervisord, end_leftovers
from notifyproj.launch.system.folders import check_writable, make_folder, problem_of
from notifyproj.launch.system.problems import LaunchProblem
from notifyproj.launch.system.terminal import Logs, Step, coloured, complain, say
from notifyproj.processes import processes

READY_SECONDS = 60
WORKER_SECONDS = 10
CONSUMER_SECONDS = 20  # until each queue was seen to be consumed
LOOK_SECONDS = 0.2
EMBEDDED = "embedded.env"  # read by settings.py, so that `./manage.py shell` works meanwhile


class Stop(BaseException):
    """Somebody asked for the end. Like KeyboardInterrupt: nothing may swallow it."""


class Run:
    """One run on the folder `var`. `run()` returns after a clean stop."""

    def __init__(self, base: Path, var: Path) -> None:
        self.base, self.var = base, var
        self.servers = Servers(var)
        self.supervisord: Supervisord | None = None
        self.logs: Logs | None = None
        self.signals = 0
        self.stopping = False

    def run(self) -> None:
        check_writable(self.var)
        for name in ("log", "static"):
            make_folder(self.var / name)
        with self.lock():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self.on_signal)
            try:
                self.start()
                self.watch()
            except Stop:
                pass
            finally:
                self.stop()

    def lock(self) -> IO[str]:
        """Held while this process lives, so also gone after its `kill -9`."""
        path = self.var / "run.lock"
        try:
            file = path.open("a+")
        except OSError as error:
            raise problem_of(error, path) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LaunchProblem(
                f"Already running in {self.var}. Stop that one first, or start a second one with "
                "another VAR_DIR and PORT."
            ) from error
        return file

    def on_signal(self, number: int, frame: object) -> None:
        self.signals += 1
        if not self.stopping:
            raise Stop

    def start(self) -> None:
        ports = choose_ports(os.environ)
        say(coloured("\n  Notify", 1) + f" starts, its data is in {self.var}\n")
        ended = end_leftovers(self.var)
        if ended:
            say(f"  Ended {ended} processes that an earlier run had left")
        environment = run_environment(os.environ, ports, self.var)
        check_free(ports, environment["GRANIAN_HOST"])
        environment |= load_secrets(self.var, os.environ)
        environment["FLOWER_BASIC_AUTH"] = f"admin:{environment['FLOWER_PASSWORD']}"
        environment |= self.servers.start(os.environ)
        self.tell_others(environment)
        self.prepare(environment)
        self.start_processes(environment, ports)
        show_demo(environment, ports, self.look)
        if self.logs:
            self.logs.release(forget=True)  # how all was started; it is in var/log

    def tell_others(self, environment: dict[str, str]) -> None:
        shared = {key: value for key, value in environment.items() if key not in os.environ}
        write_env(self.var / EMBEDDED, shared)

    def prepare(self, environment: dict[str, str]) -> None:
        with Step("Database schema"):
            # Without checks: unfold's ask for permissions in tables that are not there yet.
            failure = self.manage(environment, "migrate", "--verbosity=0", "--skip-checks")
            if failure:
                raise LaunchProblem(f"The database cannot be migrated: {failure}")
        with Step("Demo data") as step:
            failure = self.manage(environment, "seed_demo")
            step.detail = f"incomplete: {failure}" if failure else ""

    def manage(self, environment: dict[str, str], *arguments: str) -> str:
        """Runs `manage.py`; returns "" or the last line of what it said when it failed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.base,
            env=environment | {"PROCESS_NAME": arguments[0]},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        log = self.var / "log" / f"{arguments[0]}.log"
        log.write_text(done.stdout + done.stderr)
        if done.returncode == 0:
            return ""
        return f"{last_error(done.stderr)} (see {log})"

    def start_processes(self, environment: dict[str, str], ports: Ports) -> None:
        sandbox = has_sandbox(environment)
        chosen = [
            process
            for process in processes()
            if (sandbox or not process.sandbox_only) and process.is_configured(environment)
        ]
        names = [process.name for process in chosen]
        self.logs = Logs(self.var / "log", [*names, "supervisor", "postgres", "valkey"])
        self.supervisord = Supervisord(
            base=self.base, var=self.var, processes=chosen, environment=environment
        )
        with Step("Processes") as step:
            self.supervisord.start()
            if not self.wait_until(lambda: answers(ports.web, "/health/ready"), READY_SECONDS):
                self.logs.release(forget=False)
                raise LaunchProblem(f"web is not ready after {READY_SECONDS} s, see the log above.")
            self.wait_until(self.workers_are_ready, WORKER_SECONDS)
            self.wait_until(lambda: not silent_queues(ports.web), CONSUMER_SECONDS)
            step.detail = ", ".join(names)
        silent = silent_queues(ports.web)
        if silent:
            complain(f"Nothing takes from {len(silent)} queues ({', '.join(silent)}): see the logs")

    def workers_are_ready(self) -> bool:
        """A worker's log says so; with a LOG_LEVEL that hides it we do not wait for long."""
        workers = [process.name for process in processes() if process.queues]
        return self.logs is not None and all(self.logs.said(f" {name}@") for name in workers)

    def wait_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.look()
            if condition():
                return True
            time.sleep(LOOK_SECONDS)
        return False

    def watch(self) -> None:
        while True:
            self.look()
            time.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Show what is new in the logs, and put right what supervisord cannot."""
        if self.logs:
            self.logs.show()
        for line in self.servers.revive():
            complain(line)
        if self.supervisord and not self.supervisord.alive():
            complain("supervisord had died and is started again")
            end_leftovers(self.var)
            self.supervisord.start()

    def stop(self) -> None:
        """At most ten seconds; a second signal makes it immediate."""
        self.stopping = True
        first = self.signals
        if not self.supervisord and not self.servers.any_embedded():
            return
        say("\n  Stopping ...")
        if self.logs:
            self.logs.release(forget=False)
        if self.supervisord:
            show = self.logs.show if self.logs else lambda: None
            self.supervisord.stop(show, lambda: self.signals > first)
        self.servers.stop()
        (self.var / EMBEDDED).unlink(missing_ok=True)
        say("  Stopped, nothing is left running")


def last_error(text: str) -> str:
    """The line of a traceback that says what it was: what follows may be a part of the query."""
    lines = [line for line in text.splitlines() if line.strip()] or ["no reason given"]
    named = [line for line in lines if re.match(r"[\w.]*(Error|Improperly\w+): ", line)]
    return (named or lines)[-1]
