"""Sweep folders: names, lookup and damaged files."""

from pathlib import Path

import pytest

from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.sweeps.folder import (
    SweepFolder,
    claim_sweep,
    find_sweep,
    named_sweep,
    sweep_folders,
    trial_number,
)
from tests.support.scripted_runs import write_run
from tests.support.sweep_folders import make_spec, make_sweep


def test_a_sweep_is_found_by_name_and_by_path(tmp_path: Path) -> None:
    made = make_sweep(tmp_path / "mine")
    assert find_sweep(tmp_path, "mine") == made
    assert find_sweep(tmp_path / "elsewhere", str(made.path)) == made
    assert sweep_folders(tmp_path) == [made]
    assert sweep_folders(tmp_path / "missing") == []
    with pytest.raises(UsageError, match=r"no sweep other .*`emnist-tui sweep new`"):
        find_sweep(tmp_path, "other")


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("trial-0001", 1),
        ("trial-9999", 9999),
        ("trial-10000", 10_000),
        ("trial-100000", 100_000),
        ("trial-0000", None),
        ("trial-1", None),
        ("trial-00001", None),
        ("trial-01000000", None),
        ("trial-٠٠٠١", None),
        ("trial-0001x", None),
        ("baseline-001", None),
    ],
)
def test_names_of_trials(tmp_path: Path, name: str, number: int | None) -> None:
    assert trial_number(name) == number
    if number:
        assert SweepFolder(tmp_path).trial(number).name == name
        assert SweepFolder(tmp_path).trial(number).number == number


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[" * 100_000, b'{"config": {}}', b"[]", b"9" * 5000, b"x" * (2 << 20)]
)
def test_a_damaged_specification_is_told_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    made = make_sweep(tmp_path / "mine")
    made.sweep_json.write_bytes(content)
    with pytest.raises(
        EmnistTuiError, match=r"is not a complete sweep: sweep.json cannot be read .*; create a new one"
    ):
        made.read_spec()


def test_a_name_is_claimed_once(tmp_path: Path) -> None:
    claim_sweep(tmp_path / "new", "mine").begin(make_spec())
    with pytest.raises(UsageError, match=r"Sweep .*mine already exists; choose another name"):
        claim_sweep(tmp_path / "new", "mine")
    write_run(tmp_path, "run")
    with pytest.raises(UsageError, match=r"Run .*run already exists"):
        claim_sweep(tmp_path, "run")
    for name in ("", "..", "a/b", "[red]x", "-x"):
        with pytest.raises(UsageError, match="The name of a sweep must be"):
            claim_sweep(tmp_path, name)
    (tmp_path / "file").touch()
    with pytest.raises(EmnistTuiError, match="cannot be written"):
        claim_sweep(tmp_path / "file", "mine")


def test_a_sweep_is_named_by_its_folder_or_path_and_a_run_is_none(tmp_path: Path) -> None:
    folder = make_sweep(tmp_path / "search", trials=1, runs=1)
    assert named_sweep(tmp_path, "search") == folder
    assert named_sweep(tmp_path / "elsewhere", str(folder.path)) == folder
    assert named_sweep(tmp_path, "search/runs/trial-0001") is None
    assert named_sweep(tmp_path, "missing") is None
