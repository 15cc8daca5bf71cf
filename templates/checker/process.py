"""One checker, as whoever asks it holds it."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from templates.checker.child import HEAD, PLACE, READY, RESULT

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0  # a busy machine takes its time
JOB_SECONDS = 10.0
LARGEST_RESULT = 64 * 1024**2


class Gone(Exception):
    """It had ended, of idleness, before it was asked."""


class Failed(Exception):
    """It crashed, or took too much. `place` is (channel, locale, field), as far as is known."""

    def __init__(self, place: tuple[str, ...]) -> None:
        super().__init__("The template is too large or nested too deeply to check")
        self.place = place


class Checker:
    """Used by one thread at a time. It knows no secret: its environment is empty."""

    def __init__(self) -> None:
        """Raises Failed."""
        try:
            self.socket, self.process = _start()
        except OSError as error:  # no process or no descriptor is left on this machine
            raise Failed(()) from error
        self._until = time.monotonic() + START_SECONDS
        self._place: tuple[str, ...] = ()
        try:
            self._answer(READY)
        except (OSError, EOFError):
            self.end()
            raise Failed(()) from None

    def ask(self, job: bytes) -> bytes:
        """Raises Gone, Failed; then it has ended."""
        self._until = time.monotonic() + JOB_SECONDS
        self._place = ()
        if self.process.poll() is not None:
            self.end()
            raise Gone
        try:
            self._wait()
            self.socket.sendall(len(job).to_bytes(4, "big") + job)
            return self._answer(RESULT)
        except (OSError, EOFError):
            idle = self.process.poll() == 0
            self.end()
            raise Gone if idle else Failed(self._place) from None

    def end(self) -> None:
        self.socket.close()
        self.process.kill()
        self.process.wait()

    def _answer(self, wanted: bytes) -> bytes:
        while True:
            kind, size = HEAD.unpack(self._exactly(HEAD.size))
            if size > LARGEST_RESULT:
                raise EOFError
            content = self._exactly(size)
            if kind == wanted:
                return content
            if kind == PLACE:
                self._place = tuple(content.decode().split("\n"))

    def _exactly(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            self._wait()
            piece = self.socket.recv(min(size - len(found), 1 << 20))
            if not piece:
                raise EOFError
            found += piece
        return bytes(found)

    def _wait(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.socket.settimeout(left)

    def abandon(self) -> None:
        """In a process that was forked: it is our parent's."""
        os.close(self.socket.detach())
        self.process.returncode = 0  # nobody waits for it here


def _start() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Our end of its socket, and the process. Raises OSError."""
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "templates.checker.child"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=ROOT,
                env={"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
                start_new_session=True,  # what ends us from a terminal leaves it to us
            )
        except OSError:
            ours.close()
            raise
    return ours, process
