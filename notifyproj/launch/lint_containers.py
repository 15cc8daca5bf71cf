"""`python -m notifyproj.launch.lint_containers`: hadolint, and dclint where npx is at hand."""

import shutil
import subprocess
import sys
from pathlib import Path

DCLINT = "dclint@3.1.0"


def main() -> int:
    hadolint = Path(sys.executable).with_name("hadolint")
    commands = [[str(hadolint), "Dockerfile"]]
    if shutil.which("npx"):
        commands.append(["npx", "--yes", DCLINT, "docker-compose.yml"])
    else:
        print("npx is not here, so docker-compose.yml is not linted")
    results = [subprocess.run(command, check=False).returncode for command in commands]
    return max(results)


if __name__ == "__main__":
    sys.exit(main())
