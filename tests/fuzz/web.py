"""The `web` process as a fuzzer sees it: its answers, its life and its memory."""

import http.client
import json
from contextlib import suppress
from typing import Any

import psutil

from tests.survival.running import Platform, lives

MEMORY = 700 * 2**20  # bytes of `web` with its children: idle it takes about 150 MB
PATIENCE = 20.0  # seconds for one answer


class Web:
    def __init__(self, platform: Platform, key: str) -> None:
        self.key = key
        self.platform = platform
        self._process = platform.main("web")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.platform.ports.web}"

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """Returns the status and the text of the answer; `body` is JSON unless it is bytes.

        Raises AssertionError for an answer of 500 and above, for one that does not come, and when
        the process died or grew.
        """
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.platform.ports.web, timeout=PATIENCE
        )
        try:
            with suppress(
                BrokenPipeError, ConnectionResetError
            ):  # it has answered, and read no more
                connection.request(method, path, raw, given | headers)
            response = connection.getresponse()
            status, text = response.status, response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise AssertionError(f"{method} {path} was not answered: {error!r}") from error
        finally:
            connection.close()
        assert status < 500, f"{method} {path}: {status} {text[:500]}"
        return status, text

    def check(self) -> None:
        """The process that was started lives, and has not grown without end."""
        assert lives(self._process), "web died"
        taken = sum(_memory(process) for process in self._family())
        assert taken < MEMORY, f"web takes {taken / 2**20:.0f} MB"

    def _family(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
