"""`emnist-tui` without a command. The app itself is tested in tests/tui and tests/e2e."""

from pathlib import Path

import pytest

from tests.support.call import Call, check_refused
from tests.support.scripted_runs import write_run
from tests.support.sweep_folders import make_sweep


def test_app_needs_a_terminal(call: Call, place: Path) -> None:
    write_run(place / "checkpoints", "first")
    check_refused(call(), 2, "needs a terminal")
    check_refused(call("first"), 2, "needs a terminal")


def test_the_app_computes_in_one_thread(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr("emnist_tui.commands.app.use_one_thread", lambda: asked.append(True))
    call("missing")
    assert asked


def test_missing_path_is_refused_before_the_app_starts(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_DRIVER", "none:None")  # as if shown elsewhere than in a terminal
    check_refused(call("missing"), 2, "There is no checkpoint or run missing")


@pytest.mark.parametrize("variable", ["EMNIST_TUI_DATA", "EMNIST_TUI_SETTINGS", "EMNIST_TUI_CHECKPOINTS"])
def test_variable_that_names_no_folder_is_refused_before_the_app_starts(
    call: Call, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("TEXTUAL_DRIVER", "none:None")
    monkeypatch.setenv(variable, "~no-user-of-this-name/x")
    check_refused(call(), 2, "no home folder ~no-user-of-this-name")


def test_standard_input_is_no_path_of_the_app(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_DRIVER", "none:None")
    check_refused(call("-"), 2, "standard input or output")


def test_a_sweep_is_a_path_of_the_app_before_its_first_checkpoint(call: Call, place: Path, tmp_path: Path) -> None:
    make_sweep(tmp_path / "sweeps" / "search")
    check_refused(call("--checkpoints", tmp_path / "sweeps", "search"), 2, "needs a terminal")
