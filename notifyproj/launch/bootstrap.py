"""Make `.venv` and install the requirements, when they are new or have changed.

    python3 notifyproj/launch/bootstrap.py requirements.txt

Runs before anything is installed, so: standard library only, and syntax that Python 3.6 can read,
to say that it is too old. `make run` and `make test` may do this at once.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
VENV = ".venv"
PYTHON = os.path.join(VENV, "bin", "python")
RUN = "requirements.txt"
EACH = (RUN, "requirements-dev.txt", "requirements-integration.txt")  # each includes the one before


def main(name: str) -> None:
    if sys.version_info < OLDEST:
        use_newer_python()
    try:
        os.makedirs(VENV, exist_ok=True)
        with open(os.path.join(VENV, ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            install(name)
    except OSError as error:
        fail(f"Cannot write {os.path.abspath(VENV)}: {error.strerror}.")


def use_newer_python() -> None:
    for name in NEWER:
        path = shutil.which(name)
        if path:
            os.execv(path, [path, *sys.argv])  # noqa: S606 - one of the names above
    fail(f"Python 3.11 or newer is needed, {sys.executable} is {sys.version.split()[0]}.")


def install(name: str) -> None:
    wanted = fingerprint()
    if works() and read(stamp(name)) == wanted:
        return
    print(f"  Installing the Python packages of {name} ...", flush=True)
    if not works():
        make = [sys.executable, "-m", "venv", "--clear", VENV]
        call(make, "Cannot make a virtual environment (on Debian: apt install python3-venv)")
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    call([*pip, "-r", name], "Cannot install the packages")
    for done in EACH[: EACH.index(name) + 1]:
        with open(stamp(done), "w") as file:
            file.write(wanted)


def stamp(name: str) -> str:
    return os.path.join(VENV, f".installed-{name}")


def works() -> bool:
    """False too for an environment whose Python was removed since."""
    try:
        return subprocess.call([PYTHON, "-c", "import pip"], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def fingerprint() -> str:
    """Changes with the requirements and with the folder: an environment cannot be moved."""
    parts = (os.getcwd(), *map(read, EACH))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def call(command: "list[str]", problem: str) -> None:
    if subprocess.call(command) != 0:
        fail(f"{problem}, see above.")


def fail(problem: str) -> None:
    print(f"  {problem}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
