"""The embedded Valkey, with a real server."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from notifyproj.launch.servers.valkey import Valkey
from notifyproj.launch.system import leftovers


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path / "a folder", tmp_path / "log")
    server.start()
    yield server
    server.stop()


def test_it_takes_its_password_only(valkey: Valkey) -> None:
    assert redis.Redis.from_url(valkey.url()).ping()
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=valkey.port).ping()


def test_its_password_is_in_no_process_list(valkey: Valkey) -> None:
    password = valkey.url().split("@")[0].rpartition(":")[2]
    assert password not in " ".join(psutil.Process(valkey.pid).cmdline())


def test_started_again_after_a_kill_it_has_the_same_address(valkey: Valkey) -> None:
    address = valkey.url()
    psutil.Process(valkey.pid).kill()
    valkey.start()
    assert valkey.url() == address
    assert redis.Redis.from_url(address).ping()


def test_a_server_left_by_an_earlier_run_is_replaced(valkey: Valkey) -> None:
    second = Valkey(valkey.folder, valkey.log)
    second.start()
    assert [each.pid for each in leftovers.working_in(valkey.folder, "valkey")] == [second.pid]
    second.stop()
