"""Paths of the EMNIST digits."""

from pathlib import Path

import platformdirs
import pytest

from emnist_tui.runs.data_paths import FILES, data_root, has_digits, raw_folder, unwritable_data
from emnist_tui.runs.errors import UsageError


def test_the_data_root_is_the_variable_else_the_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("EMNIST_TUI_DATA", "~/digits")
    assert data_root() == Path("/home/someone/digits")
    monkeypatch.setenv("EMNIST_TUI_DATA", "")
    assert data_root() == platformdirs.user_cache_path("emnist-tui")
    monkeypatch.setenv("EMNIST_TUI_DATA", "~no-user-of-this-name/digits")
    with pytest.raises(UsageError, match="no home folder"):
        data_root()


def test_digits_are_complete_only_if_all_four_files_exist(tmp_path: Path) -> None:
    raw_folder(tmp_path).mkdir(parents=True)
    for name in FILES:
        assert not has_digits(tmp_path)
        (raw_folder(tmp_path) / name).touch()
    assert has_digits(tmp_path)


def test_the_error_of_unwritable_data_names_folder_reason_and_variable() -> None:
    message = str(unwritable_data(Path("/data"), OSError(28, "No space left on device")))
    assert message == (
        "The data cannot be written to /data (No space left on device): "
        "fix that, or set EMNIST_TUI_DATA to another folder."
    )
