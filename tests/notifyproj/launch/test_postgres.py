"""The embedded Postgres, with real servers in folders of their own."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import psycopg2
import pytest

from notifyproj.launch.servers.postgres import Postgres
from notifyproj.launch.system import leftovers
from notifyproj.launch.system.problems import LaunchProblem


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not tmp_path: the next pytest that starts closes its parent to all others again, and as
    root Postgres runs as another user."""
    with tempfile.TemporaryDirectory(prefix="notify-test-") as name:
        yield Path(name)


@pytest.fixture
def postgres(folder: Path) -> Iterator[Postgres]:
    server = Postgres(folder / "a folder" / "postgres", folder / "log", passing=True)
    yield server
    server.stop()


def ask(server: Postgres, sql: str) -> object:
    with closing(psycopg2.connect(server.url())) as connection, connection:
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchone() if cursor.description else None


def kill_without_goodbye(server: Postgres) -> None:
    for process in leftovers.working_in(server.folder, "postgres"):
        with suppress(psutil.NoSuchProcess):  # its children end with the first one
            process.kill()
    psutil.wait_procs(leftovers.working_in(server.folder, "postgres"), timeout=5)


def test_it_serves_from_a_path_with_spaces(postgres: Postgres) -> None:
    postgres.start()
    assert ask(postgres, "SELECT 1") == (1,)


def test_it_does_not_listen_on_any_port(postgres: Postgres) -> None:
    postgres.start()
    assert ask(postgres, "SHOW listen_addresses") == ("",)


def test_data_outlives_a_restart(postgres: Postgres) -> None:
    postgres.passing = False
    postgres.start()
    ask(postgres, "CREATE TABLE kept AS SELECT 7 AS number")
    postgres.stop()
    postgres.start()
    assert ask(postgres, "SELECT number FROM kept") == (7,)


def test_it_starts_after_a_kill(postgres: Postgres) -> None:
    postgres.start()
    kill_without_goodbye(postgres)
    postgres.start()
    assert ask(postgres, "SELECT 1") == (1,)


def test_a_pid_file_with_the_pid_of_another_program_does_not_stop_it(postgres: Postgres) -> None:
    postgres.start()
    pid_file = postgres.folder / "postmaster.pid"
    text = pid_file.read_text().replace(str(postgres.pid), str(os.getpid()), 1)
    kill_without_goodbye(postgres)
    pid_file.write_text(text)
    postgres.start()
    assert ask(postgres, "SELECT 1") == (1,)


def test_a_server_left_by_an_earlier_run_is_replaced(postgres: Postgres) -> None:
    postgres.start()
    second = Postgres(postgres.folder, postgres.log, passing=True)
    second.start()
    assert not postgres.alive()
    assert second.notes == ["stopped a Postgres that an earlier run had left"]
    second.stop()


def test_a_folder_of_a_killed_initdb_is_made_again(postgres: Postgres) -> None:
    half = postgres.folder.with_name("postgres.new")
    half.mkdir(parents=True)
    (half / "base").touch()
    postgres.start()
    assert ask(postgres, "SELECT 1") == (1,)


def test_data_of_another_major_version_is_refused_in_one_line(postgres: Postgres) -> None:
    postgres.folder.mkdir(parents=True)
    (postgres.folder / "PG_VERSION").write_text("14\n")
    with pytest.raises(LaunchProblem, match=r"is of PostgreSQL 14, not 18: move it away\.$"):
        postgres.start()


def test_nothing_is_left_after_stopping(postgres: Postgres) -> None:
    postgres.start()
    sockets = postgres.sockets
    postgres.stop()
    assert not leftovers.working_in(postgres.folder, "postgres")
    assert not sockets.parent.exists()


def test_it_ends_when_the_one_who_started_it_is_killed(folder: Path) -> None:
    data = folder / "postgres"
    code = (
        "import sys, time; from pathlib import Path\n"
        "from notifyproj.launch.servers.postgres import Postgres\n"
        "Postgres(Path(sys.argv[1]), Path(sys.argv[2]), passing=True).start()\n"
        "print('up', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(data), str(folder / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "up\n"
        starter.send_signal(signal.SIGKILL)
    gone = leftovers.working_in(data, "postgres")
    _, alive = psutil.wait_procs(gone, timeout=10)
    assert not alive
