"""The secrets of an installation."""

from pathlib import Path

import pytest

from notifyproj.launch.secret_file import NAME, load_secrets, read_env
from notifyproj.launch.system.problems import LaunchProblem


def test_they_are_made_once_and_kept(tmp_path: Path) -> None:
    assert load_secrets(tmp_path, {}) == load_secrets(tmp_path, {})


def test_only_we_can_read_them(tmp_path: Path) -> None:
    load_secrets(tmp_path, {})
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_the_environment_wins_and_is_not_stored(tmp_path: Path) -> None:
    assert load_secrets(tmp_path, {"SECRET_KEY": "mine"})["SECRET_KEY"] == "mine"
    assert "SECRET_KEY" not in read_env(tmp_path / NAME)


def test_a_secret_added_by_an_upgrade_leaves_the_old_ones_alone(tmp_path: Path) -> None:
    before = load_secrets(tmp_path, {})
    lines = (tmp_path / NAME).read_text().splitlines(keepends=True)
    (tmp_path / NAME).write_text("".join(line for line in lines if "FLOWER" not in line))
    after = load_secrets(tmp_path, {})
    assert {**after, "FLOWER_PASSWORD": ""} == {**before, "FLOWER_PASSWORD": ""}


def test_new_keys_are_never_made_for_data_that_has_old_ones(tmp_path: Path) -> None:
    load_secrets(tmp_path, {})
    (tmp_path / "postgres").mkdir()
    (tmp_path / NAME).unlink()
    with pytest.raises(LaunchProblem, match=r"secrets\.env is missing"):
        load_secrets(tmp_path, {})


def test_keys_from_the_environment_are_enough_for_old_data(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    given = {"FIELD_ENCRYPTION_KEYS": "1:aa", "LOOKUP_HASH_KEY": "bb"}
    assert load_secrets(tmp_path, given).items() >= given.items()
