"""A RabbitMQ of the tests' own: its port, node name, cookie and folders are nobody else's."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notifyproj.launch.servers.valkey import free_port

START_SECONDS = 90
PROGRAMS = Path("/usr/lib/rabbitmq/bin")


class RabbitMQ:
    """`server` is the path of `rabbitmq-server`; `rabbitmqctl` is found beside it."""

    def __init__(self, server: str, folder: Path) -> None:
        # Debian's is a wrapper that becomes the user and takes the folders of the machine's own.
        self._programs = PROGRAMS if PROGRAMS.is_dir() else Path(server).resolve().parent
        self._folder = folder
        self.port, self._distribution, self._mapper = free_port(), free_port(), free_port()
        self._node = f"notify{self.port}@localhost"
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, vhost: str = "") -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/{vhost}"

    @property
    def pid(self) -> int:
        """Of the process that speaks to clients: the server is a shell that started it."""
        return int((self._folder / "pid").read_text())

    def start(self) -> None:
        self._folder.mkdir(exist_ok=True)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._programs / "rabbitmq-server")],
                env=self._environment(),
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._is_up():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"RabbitMQ did not start: {(self._folder / 'log').read_text()}")
            time.sleep(0.5)

    def stop(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        if epmd := shutil.which("epmd"):  # the node's own, by its port
            command = [epmd, "-kill"]
            subprocess.run(command, env=self._environment(), capture_output=True, check=False)

    def control(self, *arguments: str) -> None:
        """`rabbitmqctl`, on this node."""
        done = self._control(*arguments)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    @contextmanager
    def alarmed(self) -> Iterator[None]:
        """Its memory is called full: whoever publishes is not read from."""
        self.control("set_vm_memory_high_watermark", "0.000001")
        try:
            yield
        finally:
            self.control("set_vm_memory_high_watermark", "0.6")

    @contextmanager
    def out_of_disk(self) -> Iterator[None]:
        self.control("set_disk_free_limit", "900000GB")
        try:
            yield
        finally:
            self.control("set_disk_free_limit", "1MB")

    def _is_up(self) -> bool:
        return (self._folder / "pid").exists() and not self._control("await_startup").returncode

    def _control(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._programs / "rabbitmqctl"), "-n", self._node, *arguments]
        environment = self._environment()
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def _environment(self) -> dict[str, str]:
        folder = self._folder
        return {
            "PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin",
            "HOME": str(folder),  # where Erlang keeps its cookie
            "LANG": "C.UTF-8",
            "ERL_EPMD_RELAXED_COMMAND_CHECK": "1",  # it may be stopped by its port
            "ERL_EPMD_PORT": str(self._mapper),
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "logs"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none-either"),
        }


@contextmanager
def own_rabbitmq(server: str) -> Iterator[RabbitMQ]:
    with tempfile.TemporaryDirectory(prefix="notify-rabbit-", ignore_cleanup_errors=True) as folder:
        rabbit = RabbitMQ(server, Path(folder) / "node")
        try:
            rabbit.start()
            yield rabbit
        finally:
            rabbit.stop()
