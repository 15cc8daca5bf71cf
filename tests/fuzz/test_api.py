"""Every operation of the OpenAPI document, by schemathesis."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.web import Web

BASE = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("st")
CHECKS = "not_a_server_error"
SLOWEST = 15  # seconds of one answer
LAST = 60  # seconds that a run may take beyond its time, for its report


@pytest.mark.share(12)
def test_no_operation_answers_5xx(web: Web, seconds: float, seed: int, folder: Path) -> None:
    command = [
        *(str(PROGRAM), "run", f"{web.url}/api/schema/?format=json"),
        *("--header", f"Authorization: Bearer {web.key}"),
        *("--checks", CHECKS, "--max-response-time", str(SLOWEST)),
        *("--phases", "examples,coverage,fuzzing,stateful", "--continue-on-failure"),
        *("--max-time", str(int(seconds)), "--seed", str(seed), "--no-color", "--warnings", "off"),
    ]
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "tests.fuzz.media_types",
        "PYTHONPATH": str(BASE),
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds + LAST,
        check=False,
    )
    web.check()
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
