"""Peers that nobody here wrote: `make integration` installs and starts them.

`peer("rabbitmq-server")` gives the path of a program, and skips the test where it is missing.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SECONDS = 180  # of one test: a server starts


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.timeout(SECONDS))


@pytest.fixture(scope="session")
def peer() -> Callable[[str], str]:
    return _peer


def _peer(command: str) -> str:
    """The path of a program from Debian, npm or PyPI."""
    folders = ("/usr/sbin", str(Path(sys.executable).parent), str(HERE / "node_modules" / ".bin"))
    for found in (shutil.which(command), *(shutil.which(command, path=f) for f in folders)):
        if found:
            return found
    pytest.skip(f"{command} is not installed: `make integration` installs it")
