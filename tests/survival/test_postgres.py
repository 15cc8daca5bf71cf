"""Postgres goes down in the middle of a blast and comes back."""

import signal

import pytest

from tests.survival.blast import Blast
from tests.survival.servers import Servers


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["restarted", "killed"])
def test_postgres_comes_back_and_everything_goes_on(
    blast: Blast, servers: Servers, number: signal.Signals
) -> None:
    blast.wait_for(0.3)
    servers.restart_postgres(number)
    blast.over()

    blast.check()
