"""Install what the integration tests run against, from Debian, npm and PyPI.

    python -m tests.integration.install

`make integration` installs `requirements-integration.txt` first. What cannot be installed here is
named, and the tests that need it are skipped with that reason (`tests/integration/conftest.py`).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
DEBIAN = {
    "chromium": "chromium",
    "rabbitmq-server": "rabbitmq-server",
    "dovecot": "dovecot-imapd dovecot-pop3d",
}  # command: packages
SECONDS = 480  # of one installer


def main() -> None:
    _debian()
    _npm()


def _debian() -> None:
    missing = [
        package
        for command, packages in DEBIAN.items()
        if not _found(command)
        for package in packages.split()
    ]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        _say(f"not installed, and only root with apt-get could: {', '.join(missing)}")
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update", "-qq"], environment)
    _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], environment)


def _npm() -> None:
    """Pinned in `package-lock.json`; nothing is downloaded when it is as it was."""
    if not shutil.which("npm"):
        _say("npm is not installed: the tests of JavaScript peers are skipped")
        return
    if not (HERE / "node_modules" / ".package-lock.json").exists() or _stale():
        _run(["npm", "ci", "--no-audit", "--no-fund", "--silent", "--prefix", str(HERE)])


def _stale() -> bool:
    installed = HERE / "node_modules" / ".package-lock.json"
    return installed.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime


def _found(command: str) -> bool:
    return bool(shutil.which(command)) or Path("/usr/sbin", command).exists()


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    try:
        done = subprocess.run(
            command, env=environment, stdout=subprocess.DEVNULL, timeout=SECONDS, check=False
        )
        failed = done.returncode != 0
    except subprocess.TimeoutExpired:
        failed = True
    if failed:
        _say(f"failed: {' '.join(command)}")


def _say(text: str) -> None:
    sys.stderr.write(f"  integration: {text}\n")


if __name__ == "__main__":
    main()
