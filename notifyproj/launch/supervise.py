"""supervisor's configuration, from the list of processes."""

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

from notifyproj.processes import Process

STOP_SECONDS = 6  # a worker drains its batch for up to 4 s
MAIN = """\
[supervisord]
nodaemon = true
silent = true
user = {user}
pidfile = {sockets}/supervisord.pid
logfile = {log}/supervisor.log
logfile_maxbytes = 1MB
logfile_backups = 1
loglevel = warn
childlogdir = {log}

[unix_http_server]
file = {sockets}/supervisor.sock
chmod = 0700
username = notify
password = {password}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = unix://{sockets}/supervisor.sock
username = notify
password = {password}

[group:notify]
programs = {names}
"""
# One group, so that all are asked to stop at the same time. Only the main process is asked
# (stopasgroup would end a worker's children in the middle of their batch); all are killed.
PROGRAM = """
[program:{name}]
command = {command}
directory = {base}
autorestart = true
startsecs = 1
startretries = 1000000
stopsignal = TERM
stopwaitsecs = {seconds}
stopasgroup = false
killasgroup = true
redirect_stderr = true
stdout_logfile = {log}/{name}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 3
"""


def configuration(
    processes: Iterable[Process], *, base: Path, log: Path, sockets: Path, user: str, password: str
) -> str:
    """The text of supervisord.conf. `password` is what `supervisorctl` has to give; the
    platform's own secrets are in the environment."""
    chosen = list(processes)
    paths = {"base": escape(base), "log": escape(log), "sockets": escape(sockets)}
    names = ",".join(process.name for process in chosen)
    parts = [MAIN.format(user=user, names=names, password=password, **paths)]
    for process in chosen:
        command = [sys.executable, "-m", "notifyproj.launch.become", process.name]
        parts.append(
            PROGRAM.format(
                name=process.name,
                command=escape(shlex.join(command)),
                seconds=STOP_SECONDS,
                **paths,
            )
        )
    return "".join(parts)


def escape(text: object) -> str:
    """supervisor expands %(name)s."""
    return str(text).replace("%", "%%")
