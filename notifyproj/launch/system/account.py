"""Postgres refuses to run as root. As root we hand it to an existing unprivileged user."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from notifyproj.launch.system.problems import LaunchProblem

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """Whom to run Postgres as; None for oneself."""
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise LaunchProblem(
        "Postgres cannot run as root. Add a user named postgres, or set DATABASE_URL."
    )


def give(path: Path, account: Account | None) -> None:
    """Make `account` the owner of `path` and of all that is in it."""
    if account is None:
        return
    os.chown(path, account.uid, account.gid)
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            os.chown(Path(folder, name), account.uid, account.gid, follow_symlinks=False)


def let_through(path: Path, account: Account | None) -> list[Path]:
    """Let `account` walk down to `path`: the search bit on the parents in its way, never `r`.

    Returns the folders that were opened.
    """
    if account is None:
        return []
    blocked = [
        folder for folder in reversed(path.resolve().parents) if not _passes(folder, account)
    ]
    for folder in blocked:
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | _search_bit(folder, account))
    return blocked


def open_binaries(folder: Path, account: Account | None) -> None:
    """With a strict umask pip installs for root alone: let others read Postgres' own files."""
    if account is None or _readable(folder / "bin" / "postgres"):
        return
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            extra = 0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044
            path.chmod(stat.S_IMODE(path.stat().st_mode) | extra)


def _readable(path: Path) -> bool:
    return path.stat().st_mode & 0o005 == 0o005


def _search_bit(folder: Path, account: Account) -> int:
    info = folder.stat()
    if info.st_uid == account.uid:
        return stat.S_IXUSR
    return stat.S_IXGRP if info.st_gid == account.gid else stat.S_IXOTH


def _passes(folder: Path, account: Account) -> bool:
    return bool(folder.stat().st_mode & _search_bit(folder, account))
