"""supervisord that has imported the platform once, and forks its processes from that.

    python -m notifyproj.launch.warm -c supervisord.conf

Eleven processes that each import Django, DRF, Celery and the adapters take 80 MB and a second of
CPU each; forked from one that has them, a fraction of both (figures in docs/operations.md).
A process that cannot take over what is imported, or a platform that cannot be imported, falls
back to `exec`, as plain supervisord does. Linux only: elsewhere forks without exec are unsafe.
"""

import atexit
import gc
import os
import runpy
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NoReturn

from setproctitle import setproctitle
from supervisor.options import ServerOptions
from supervisor.supervisord import go

from notifyproj.launch import become
from notifyproj.processes import Process, find

CHANGED = ("SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGCHLD", "SIGUSR2")  # by supervisord


def preload() -> bool:
    """Import what the processes have in common; False when that fails, with the reason shown."""
    try:
        import django
        import granian.cli  # noqa: F401 - loaded before the fork

        import celery_app
        from channels import registry

        django.setup()
        celery_app.app.loader.import_default_modules()
        import_module("notifyproj.urls")
        for kind in registry.kinds():
            registry.adapter(kind)
    except Exception:  # whatever is wrong, the processes themselves will say it
        traceback.print_exc()
        return False
    gc.collect()
    gc.freeze()  # or the collector writes to, and so copies, every page
    return True


class Options(ServerOptions):  # type: ignore[misc]  # supervisor has no types
    """supervisord's, but for how a child becomes its program."""

    warm = False

    def execve(self, filename: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        process = find(argv[-1])
        if self.warm and process.warm:
            os.environ.update(env)
            end_with(run(process))
        super().execve(filename, argv, env)


def run(process: Process) -> int:
    """Be `process`, in this fork; returns its exit code."""
    for name in CHANGED:
        signal.signal(signal.Signals[name], signal.SIG_DFL)
    become.prepare(process)
    os.environ.update(become.environment(process))
    name_connections(process.name)
    setproctitle(f"notify: {process.name}")
    warnings.filterwarnings("ignore", "You're running the worker with superuser")
    module, *arguments = process.arguments
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as error:
        return exit_code(error)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def name_connections(name: str) -> None:
    """pg_stat_activity shows it; the settings were read before the fork."""
    from django.conf import settings

    options = settings.DATABASES["default"]["OPTIONS"]
    if isinstance(options, dict):
        options["application_name"] = name


def exit_code(error: SystemExit) -> int:
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    print(error.code, file=sys.stderr)
    return 1


def end_with(code: int) -> NoReturn:
    """What the interpreter does at its end, without returning into supervisord."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # no public way
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def main(arguments: list[str]) -> None:
    Options.warm = sys.platform.startswith("linux") and preload()
    options = Options()
    options.realize(arguments, doc=__doc__)
    options.first, options.test = True, False
    setproctitle("notify: supervisord")
    go(options)


if __name__ == "__main__":
    main(sys.argv[1:])
