"""The folders of a run: checks before anything is written, and a short one for sockets."""

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from notifyproj.launch.system.problems import LaunchProblem

NEEDED_BYTES = 200 * 1024**2  # an empty Postgres with its first write-ahead log, and logs
LONGEST_SOCKET_FOLDER = 85  # of the 107 bytes a socket's path may have


def make_folder(folder: Path, mode: int = 0o700) -> Path:
    """Create `folder` with its parents; a LaunchProblem when that is refused."""
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise problem_of(error, folder) from error
    return folder


def problem_of(error: OSError, path: Path) -> LaunchProblem:
    """The operator's view of a failed file operation."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LaunchProblem(f"The disk is full: cannot write {path}. Free some space and retry.")
    reason = os.strerror(error.errno) if error.errno else str(error)
    return LaunchProblem(f"Cannot write {path}: {reason}. Set VAR_DIR to a folder you may write.")


def check_writable(folder: Path) -> None:
    """A LaunchProblem when nothing can be written to `folder`, or its disk is nearly full."""
    make_folder(folder)
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x" * 4096)
    except OSError as error:
        raise problem_of(error, folder) from error
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise LaunchProblem(
            f"The disk is full: {folder} has {free // 1024**2} MB left, "
            f"at least {NEEDED_BYTES // 1024**2} MB are needed. Free some space and retry."
        )


def write_private(path: Path, text: str) -> None:
    """With mode 0600; afterwards there is the old file or the new one, never half of one."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise problem_of(error, path) from error


def socket_folder(data: Path) -> Path:
    """A private folder for `data`'s sockets with a path short enough for a socket's address.

    The same data folder always gets the same one, two checkouts get different ones.
    """
    digest = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]
    name = f"notify-{os.getuid()}-{digest}"
    base = Path(tempfile.gettempdir())
    if len(os.fsencode(base / name)) > LONGEST_SOCKET_FOLDER:
        base = Path("/tmp")  # noqa: S108 - the folder below is private and checked
    folder = make_folder(base / name)
    check_ours(folder)
    return folder


def check_ours(folder: Path) -> None:
    """Temporary folders are shared: somebody else may have made this one before us."""
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid():
        raise LaunchProblem(f"{folder} belongs to somebody else. Remove it, or set TMPDIR.")
