"""Options that several commands share."""

import argparse
from pathlib import Path

import pytest

from emnist_tui.commands import options as shared
from emnist_tui.runs.errors import UsageError


def _parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    shared.add_checkpoint(parser)
    shared.add_data(parser)
    shared.add_json(parser)
    return parser.parse_args(arguments)


def test_defaults_leave_data_to_the_checkpoint() -> None:
    options = _parse("first")
    assert (options.checkpoint, options.data, options.device, options.json) == ("first", None, "auto", False)
    assert shared.chosen_data(options) is None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("auto", "auto"),
        ("emnist", "emnist"),
        ("synthetic", "synthetic"),
        ("gzip.zip", "/place/gzip.zip"),
        ("~/gzip.zip", "/home/someone/gzip.zip"),
        ("/data", "/data"),
    ],
)
def test_data_path_is_made_absolute(data: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setattr(Path, "absolute", lambda path: Path("/place") / path)
    assert shared.chosen_data(_parse("first", f"--data={data}")) == expected


@pytest.mark.parametrize("data", ["", " "])
def test_empty_data_is_not_replaced_by_other_data(data: str) -> None:
    with pytest.raises(UsageError, match="--data is empty"):
        shared.chosen_data(_parse("first", f"--data={data}"))


def test_checkpoint_is_found_in_the_runs_directory(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first/last.pt").touch()
    options = argparse.Namespace(checkpoints=str(tmp_path))
    assert shared.find_checkpoint(options, "first") == tmp_path / "first/last.pt"
    with pytest.raises(UsageError, match="no checkpoint or run second"):
        shared.find_checkpoint(options, "second")
