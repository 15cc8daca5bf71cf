"""Following the processes' logs."""

from pathlib import Path

import pytest

from notifyproj.launch.system.terminal import Log, Logs


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "web.log"


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_lines_of_an_earlier_run_are_not_shown_again(path: Path) -> None:
    append(path, "old\n")
    log = Log("web", path, "")
    append(path, "new\n")
    assert log.lines() == ["new"]


def test_half_a_line_waits_for_its_other_half(path: Path) -> None:
    log = Log("web", path, "")
    append(path, "one\ntw")
    assert log.lines() == ["one"]
    append(path, "o\n")
    assert log.lines() == ["two"]


def test_no_line_is_lost_when_the_file_is_rotated(path: Path) -> None:
    log = Log("web", path, "")
    append(path, "one\n")
    log.lines()
    append(path, "two\n")
    path.rename(path.with_suffix(".1"))
    append(path, "three\n")
    assert log.lines() == ["two", "three"]


def test_held_lines_are_shown_when_the_start_fails(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = Logs(path.parent, ["web"])
    append(path, "why\n")
    logs.show()
    assert capsys.readouterr().out == ""
    logs.release(forget=False)
    assert capsys.readouterr().out == "web │ why\n"
