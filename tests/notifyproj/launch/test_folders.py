"""Folders are checked before anything is written."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from notifyproj.launch.system.folders import LONGEST_SOCKET_FOLDER, check_writable, socket_folder
from notifyproj.launch.system.problems import LaunchProblem


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LaunchProblem) as caught:
        check_writable(tmp_path / "file" / "var")
    assert str(caught.value).startswith(f"Cannot write {tmp_path}/file/var: Not a directory.")
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_said_before_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=50 * 1024**2)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(LaunchProblem, match=r"The disk is full: .* has 50 MB left"):
        check_writable(tmp_path)


def test_sockets_have_a_short_path_however_deep_the_data_is(tmp_path: Path) -> None:
    folder = socket_folder(tmp_path / ("deep" * 60))
    assert len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER
    folder.rmdir()


def test_two_data_folders_have_different_sockets(tmp_path: Path) -> None:
    one, two = socket_folder(tmp_path / "one"), socket_folder(tmp_path / "two")
    assert one != two
    one.rmdir()
    two.rmdir()


def test_a_socket_folder_made_by_somebody_else_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = socket_folder(tmp_path / "data")
    folder.rmdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(LaunchProblem, match="belongs to somebody else"):
        socket_folder(tmp_path / "data")
