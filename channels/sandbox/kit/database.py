"""One thread with one database connection for everything the sandbox's event loop needs of it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connection

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "sandbox-database")

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def fresh() -> T:
            close_old_connections()  # after a restart of Postgres
            return call(*args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._thread, fresh)

    def close(self) -> None:
        self._thread.submit(_disconnect)
        self._thread.shutdown()


def _disconnect() -> None:
    connection.close()  # looked up here, since every thread has its own
