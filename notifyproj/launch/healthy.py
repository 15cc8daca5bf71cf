"""`python -m notifyproj.launch.healthy NAME`: the health check of a container; exit code 0 or 1.

A worker is asked through the broker, which costs a second of CPU: not more often than needed.
"""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import psycopg2

from notifyproj.launch.answers import answers
from notifyproj.processes import find

# beat writes down at least every three minutes what it has sent.
BEAT_SILENCE = timedelta(minutes=6)
PAGES = {
    "web": (8000, "/health/ready"),
    "live": (8001, "/health/live"),
    "flower": (5555, "/healthcheck"),
}


def is_healthy(name: str) -> bool:
    if name in PAGES:
        return answers(*PAGES[name])
    if name == "mail_listener":
        return greets(os.environ["BOUNCE_LISTEN"])
    if name == "beat":
        return beat_is_heard()
    return worker_answers(name) if find(name).queues else True


def greets(place: str) -> bool:
    """Whether a mail server is there."""
    port = int(place.rpartition(":")[2])
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return connection.recv(4).startswith((b"220", b"421"))
    except OSError:
        return False


def worker_answers(name: str) -> bool:
    node = f"{name}@{socket.gethostname()}"
    command = ["celery", "-A", "celery_app", "inspect", "ping", "--timeout", "5", "-d", node]
    environment = {**os.environ, "SKIP_CHECKS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *command], env=environment, capture_output=True, check=False
    )
    return done.returncode == 0


def beat_is_heard() -> bool:
    with psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=5) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT max(last_run_at) FROM django_celery_beat_periodictask")
        found = cursor.fetchone()
    last: datetime | None = found[0] if found else None
    return last is not None and datetime.now(UTC) - last < BEAT_SILENCE


if __name__ == "__main__":
    sys.exit(0 if is_healthy(sys.argv[1]) else 1)
