"""The variables of a run: where everything listens, and how the processes reach each other."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from notifyproj.launch.become import RUN
from notifyproj.launch.system.problems import LaunchProblem

DEFAULT_PORT = 8000
TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
PURPOSES = ("web", "live updates", "sandbox", "sandbox SMTP", "Flower")
HIGHEST_PORT = 65535 - len(PURPOSES) + 1


@dataclass(frozen=True, slots=True)
class Ports:
    """Five in a row, from PORT on."""

    web: int

    @property
    def live(self) -> int:
        return self.web + 1

    @property
    def sandbox(self) -> int:
        return self.web + 2

    @property
    def smtp(self) -> int:
        return self.web + 3

    @property
    def flower(self) -> int:
        return self.web + 4


def has_sandbox(environment: Mapping[str, str]) -> bool:
    """As the settings will read it."""
    return environment["SANDBOX"].lower() in TRUE


def choose_ports(environment: Mapping[str, str]) -> Ports:
    """A LaunchProblem when PORT is no port."""
    text = environment.get("PORT") or str(DEFAULT_PORT)
    if not text.isdecimal() or not 1 <= int(text) <= HIGHEST_PORT:
        raise LaunchProblem(f"PORT must be a number from 1 to {HIGHEST_PORT}, it is {text!r}.")
    return Ports(int(text))


def check_free(ports: Ports, host: str) -> None:
    """A LaunchProblem that names the first one that is taken."""
    for offset, purpose in enumerate(PURPOSES):
        port = ports.web + offset
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            raise LaunchProblem(
                f"Port {port} ({purpose}) cannot be used: {error.strerror}. "
                f"Choose another: make run PORT={'9000' if ports.web != 9000 else '10000'}"
            ) from error


def run_environment(given: Mapping[str, str], ports: Ports, var: Path) -> dict[str, str]:
    """Without the servers' addresses and the secrets; what the operator set stays."""
    defaults = {
        "DEBUG": "0",
        "SANDBOX": "1",
        "BRAND_NAME": "Shop",  # the demo's; a company sets its own
        "PUBLIC_URL": f"http://localhost:{ports.web}",
        "LIVE_URL": f"http://localhost:{ports.live}",
        "SANDBOX_URL": f"http://127.0.0.1:{ports.sandbox}",
        "SANDBOX_SMTP_PORT": str(ports.smtp),
    }
    fixed = {
        "PORT": str(ports.web),
        "GRANIAN_HOST": given.get("BIND", "127.0.0.1"),
        "GRANIAN_PORT": str(ports.web),
        "FLOWER_ADDRESS": "127.0.0.1",
        "FLOWER_PORT": str(ports.flower),
        "VAR_DIR": str(var),
        RUN: str(var),
        "MALLOC_ARENA_MAX": "2",  # threads would keep an arena each
        "SPT_NOENV": "1",  # setproctitle leaves the environment alone: it has RUN
        "PYTHONUNBUFFERED": "1",
    }
    return {**defaults, **given, **fixed}
