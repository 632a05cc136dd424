"""Runs and checkpoints, found by name or path."""

import os
import textwrap
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.folder import RunFolder, claim_folder
from emnist_tui.runs.lookup import bare_checkpoints, find_checkpoint, find_run, run_folders
from emnist_tui.runs.sweeps.board import SweepBoard
from tests.support.other_user import NEEDS_ROOT, public, run_as_nobody
from tests.support.scripted_runs import started
from tests.support.sweep_folders import make_sweep

__all__ = ["public"]


def begun(root: Path, name: str) -> RunFolder:
    folder = claim_folder(root, name, TrainConfig())
    folder.begin(TrainConfig(seed=5), started())
    return folder


def test_runs_and_checkpoints_are_listed_newest_first(tmp_path: Path) -> None:
    for age, name in enumerate(("old", "new")):
        folder = begun(tmp_path, name)
        os.utime(folder.run_json, (age, age))
        (tmp_path / f"{name}.pt").write_bytes(b"")
        os.utime(tmp_path / f"{name}.pt", (age, age))
    (tmp_path / "no-run").mkdir()
    assert [folder.name for folder in run_folders(tmp_path)] == ["new", "old"]
    assert [path.name for path in bare_checkpoints(tmp_path)] == ["new.pt", "old.pt"]
    assert run_folders(tmp_path / "missing") == []


def test_checkpoints_of_every_usual_ending_are_listed(tmp_path: Path) -> None:
    for age, name in enumerate(
        ("a.pt", "b.pth", "c.ckpt", "d.safetensors", "e.torchscript", "f.txt", "g.pt.triage.json")
    ):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (age, age))
    (tmp_path / "folder.pt").mkdir()
    assert [path.name[0] for path in bare_checkpoints(tmp_path)] == ["e", "d", "c", "b", "a"]


def test_a_run_is_found_by_name_and_by_path(tmp_path: Path) -> None:
    folder = begun(tmp_path, "a")
    assert find_run(tmp_path, "a") == folder
    assert find_run(Path("elsewhere"), str(folder.path)) == folder
    with pytest.raises(UsageError, match="no run b"):
        find_run(tmp_path, "b")


def test_a_run_that_ended_before_its_first_step_or_starts_is_called_so(tmp_path: Path) -> None:
    folder = claim_folder(tmp_path, "a", TrainConfig())
    folder.events.touch()
    with pytest.raises(UsageError, match="Run a ended before its first step, so there is nothing to resume"):
        find_run(tmp_path, "a")
    with folder.held(), pytest.raises(UsageError, match="Run a is still starting"):
        find_run(tmp_path, "a")


def test_the_best_checkpoint_of_a_run_comes_first(tmp_path: Path) -> None:
    folder = begun(tmp_path, "a")
    with pytest.raises(UsageError, match="holds no checkpoint"):
        find_checkpoint(tmp_path, "a")
    folder.last_checkpoint.write_bytes(b"")
    assert find_checkpoint(tmp_path, "a") == folder.last_checkpoint
    (folder.path / "best.pt").write_bytes(b"")
    assert find_checkpoint(tmp_path, "a").name == "best.pt"
    with pytest.raises(UsageError, match="no checkpoint or run"):
        find_checkpoint(tmp_path, "missing.pt")


@NEEDS_ROOT
def test_a_private_folder_hides_no_other_run(public: Path) -> None:
    begun(public, "mine")
    begun(public, "theirs").path.chmod(0o700)
    code = f"""
        from emnist_tui.runs.folder import RunFolder, is_file
        from emnist_tui.runs.lookup import find_checkpoint, find_run, run_folders
        from emnist_tui.runs.listing import describe_run
        from emnist_tui.tui.session.open import open_path
        from emnist_tui.runs.errors import EmnistTuiError
        from pathlib import Path
        root = Path({str(public)!r})
        """
    reading = """
print(*(f"{run.name} {describe_run(run).state}" for run in run_folders(root)))
print(find_run(root, "theirs").name, is_file(find_run(root, "theirs").last_checkpoint))
for find in (find_checkpoint, open_path):
    try:
        find(root, "theirs")
    except EmnistTuiError as error:
        print(error)
"""
    refused = f"{public / 'theirs'} cannot be read (Permission denied); ask its owner, or choose another folder."
    assert run_as_nobody(textwrap.dedent(code), reading).splitlines() == [
        "mine interrupted theirs unknown",
        "theirs False",
        refused,
        refused,
    ]


# Sweeps


def test_a_trial_is_found_by_its_sweep_with_and_without_the_folder_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = make_sweep(tmp_path / "mine", trials=2, runs=2)
    trial = sweep.trial(2)
    for name in ("mine/trial-0002", "mine/runs/trial-0002", str(sweep.path / "trial-0002"), str(trial.path)):
        assert find_run(tmp_path, name).path == trial.path
        assert find_checkpoint(tmp_path, name) == trial.path / "best.pt"
    monkeypatch.chdir(tmp_path)
    assert find_run(Path("elsewhere"), "mine/trial-0002").path.resolve() == trial.path
    for name in ("mine/trial-0003", "mine/trial-2", "other/trial-0001"):
        with pytest.raises(UsageError, match=f"no run {name}"):
            find_run(tmp_path, name)
        with pytest.raises(UsageError, match=f"no checkpoint or run {name}"):
            find_checkpoint(tmp_path, name)


def test_a_sweep_stands_for_the_checkpoint_of_its_best_trial(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine", trials=6, runs=6)
    best = SweepBoard(sweep).refresh().best
    assert best is not None
    assert find_checkpoint(tmp_path, "mine") == sweep.trial(best.number).path / "best.pt"
    (sweep.trial(best.number).path / "best.pt").unlink()
    assert find_checkpoint(tmp_path, "mine").name == "last.pt"
    (sweep.trial(best.number).path / "last.pt").unlink()
    with pytest.raises(UsageError, match="the best trial, holds no checkpoint"):
        find_checkpoint(tmp_path, "mine")
    with pytest.raises(UsageError, match="mine is a sweep; name one of its trials, such as mine/trial-0001"):
        find_run(tmp_path, "mine")


def test_a_sweep_without_a_finished_trial_has_no_best(tmp_path: Path) -> None:
    make_sweep(tmp_path / "mine")
    with pytest.raises(UsageError, match="No trial of sweep mine has finished yet"):
        find_checkpoint(tmp_path, "mine")
