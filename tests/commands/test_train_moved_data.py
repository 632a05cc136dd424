"""A run whose data has moved is resumed with its new place, which is recorded."""

import json
import shutil
from pathlib import Path

import pytest

from emnist_tui.runs import launch
from emnist_tui.runs.folder import RunFolder
from tests.support.call import Call, check_refused
from tests.support.trained_run import EPOCHS, STEPS, events_of, named, same_weights, train_arguments, train_run, weights

MORE = ("--epochs", EPOCHS + 1)


@pytest.fixture
def moved(root: Path, archive: Path, tmp_path: Path) -> tuple[RunFolder, Path]:
    """Train a run whose archive is then moved; return the run and the new place."""
    old, new = tmp_path / "old.zip", tmp_path / "elsewhere/new.zip"
    shutil.copy(archive, old)
    train_run(old, root)
    new.parent.mkdir()
    old.rename(new)
    (run,) = root.iterdir()
    return RunFolder(run), new


def state_of(call: Call) -> str:
    (entry,) = call("runs", "--json").json
    return str(entry["state"])


def test_resume_with_the_new_place_matches_an_uninterrupted_run(
    call: Call, root: Path, moved: tuple[RunFolder, Path], tmp_path: Path
) -> None:
    run, new = moved
    assert call("train", "--resume", run.name, *MORE, "--data", new).code == 0
    assert named(events_of(run), "run_started")[-1]["resumed_at_step"] == STEPS
    assert call(*train_arguments(new, tmp_path / "straight", *MORE, "--name", "run")).code == 0
    assert same_weights(weights(run.last_checkpoint), weights(tmp_path / "straight/run/last.pt"))


def test_new_place_is_found_by_all_later_commands(call: Call, moved: tuple[RunFolder, Path], tmp_path: Path) -> None:
    run, new = moved
    first = run.path / "epoch-001.pt"  # saved when the data was at its old place
    assert call("train", "--resume", run.name, *MORE, "--data", new).code == 0
    assert json.loads(run.run_json.read_text())["config"]["data"] == str(new)
    for arguments in (
        ("evaluate", first),
        ("errors", first, "--neighbors"),
        ("compare", first, run.name),
        ("report", first),
        ("neighbors", run.path / "evaluation-epoch-001.npz"),
        ("neighbors", run.path / "evaluation-epoch-001.npz", "--data-of", first),
        ("train", "--resume", run.name, "--epochs", EPOCHS + 2),
    ):
        result = call(*arguments)
        assert result.code == 0, result.err


def test_every_command_asks_for_the_new_place(call: Call, moved: tuple[RunFolder, Path]) -> None:
    run, new = moved
    for arguments in (
        ("evaluate", run.name),
        ("errors", run.name),
        ("compare", run.name, run.name),
        ("report", run.name),
        ("neighbors", run.path / "evaluation-epoch-001.npz"),
    ):
        check_refused(call(*arguments), 2, "no longer at", "old.zip; give its new place with --data")
        assert call(*arguments, "--data", new).code == 0


def test_resume_without_the_new_place_says_how(call: Call, moved: tuple[RunFolder, Path]) -> None:
    run, _ = moved
    command = f"`emnist-tui train --resume {run.name} --data PATH`"
    check_refused(call("train", "--resume", run.name, *MORE), 2, "no longer at", command)
    assert state_of(call) == "finished"


def test_other_data_is_refused_and_the_run_stays_as_it_was(
    call: Call, moved: tuple[RunFolder, Path], other_archive: Path, tmp_path: Path
) -> None:
    run, new = moved
    before = run.run_json.read_bytes()
    check_refused(call("train", "--resume", run.name, *MORE, "--data", other_archive), 2, "not the same data")
    check_refused(call("train", "--resume", run.name, *MORE, "--data", tmp_path / "no.zip"), 2, "There is no file")
    assert state_of(call) == "finished"
    assert run.run_json.read_bytes() == before
    assert call("train", "--resume", run.name, *MORE, "--data", new).code == 0


def test_app_is_told_by_an_event(call: Call, moved: tuple[RunFolder, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows why the run of its resume key does not train."""
    run, _ = moved
    with run.events.open("a") as events:  # as if it had been stopped and not finished
        events.write(json.dumps({**events_of(run)[-1], "reason": "stopped"}) + "\n")
    monkeypatch.setattr(launch, "is_launched", lambda folder: True)
    assert call("train", "--resume", run.name, *MORE).code == 2
    assert "--data PATH" in events_of(run)[-1]["error"]
    assert state_of(call) == "failed"
