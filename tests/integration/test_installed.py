"""What `make integration` says it installed is there, so that no test is skipped in silence."""

import os
import shutil
from collections.abc import Callable

import pytest

from tests.integration.install import DEBIAN


@pytest.mark.skipif(not shutil.which("apt-get") or os.geteuid() != 0, reason="no apt-get as root")
@pytest.mark.parametrize("command", DEBIAN)
def test_a_program_of_debian_is_installed(command: str, peer: Callable[[str], str]) -> None:
    assert peer(command)
