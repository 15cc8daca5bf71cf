"""`python -m notifyproj.launch`: all of the platform in this terminal, until Ctrl-C."""

import os
import sys
from pathlib import Path

from notifyproj.launch.run import Run
from notifyproj.launch.system.problems import LaunchProblem
from notifyproj.launch.system.terminal import complain

BASE = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    try:
        Run(BASE, Path(os.environ.get("VAR_DIR") or BASE / "var").resolve()).run()
    except LaunchProblem as problem:
        complain(str(problem))
        return 1
    except BrokenPipeError:  # `make run | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
