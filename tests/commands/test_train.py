"""`emnist-tui train`: folders, output, resumption and refusals, in the test's own process."""

import json
import re
import shutil
from pathlib import Path

import pytest
import torch

from emnist_tui.learning.data import digits
from emnist_tui.runs import control, launch
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import last_event
from emnist_tui.runs.events import RunFailed
from emnist_tui.runs.folder import RunFolder
from tests.support.call import Call, Result, check_refused
from tests.support.files import read_tree
from tests.support.scripted_runs import started
from tests.support.trained_run import (
    EPOCHS,
    NAME,
    STEPS,
    TEST,
    TRAIN,
    Trained,
    events_of,
    named,
    same_weights,
    train_arguments,
    weights,
)


def test_run_folder_is_complete(trained: Trained, archive: Path) -> None:
    run = trained.run
    assert trained.result.code == 0
    files = {path.name for path in run.path.iterdir()}
    epochs = {f"epoch-{epoch:03d}.pt" for epoch in range(1, EPOCHS + 1)}
    evaluations = {f"evaluation-epoch-{epoch:03d}.npz" for epoch in range(1, EPOCHS + 1)}
    others = {"run.json", "events.jsonl", "last.pt", "control.json", "trainer.lock", "weights.recording"}
    assert files == epochs | evaluations | others
    record = json.loads(run.run_json.read_text())
    assert record["data"] == NAME
    assert (record["config"]["data"], record["config"]["epochs"]) == (str(archive), EPOCHS)
    events = events_of(run)
    assert [event["event"] for event in events[:3]] == ["phase_started", "phase_started", "run_started"]
    assert sum(len(event["loss"]) for event in named(events, "batches")) == STEPS
    assert len(named(events, "epoch_ended")) == EPOCHS
    assert [(event["reason"], event["step"]) for event in named(events, "run_ended")] == [("finished", STEPS)]
    assert events[-1]["event"] == "run_ended"
    assert not named(events, "run_failed")


def test_stdout_is_the_checkpoint_path_and_progress_goes_to_stderr(trained: Trained) -> None:
    assert trained.result.out == f"{trained.run.last_checkpoint}\n"
    assert "training baseline (1,138 parameters)" in trained.result.err
    assert f"finished at step {STEPS}" in trained.result.err
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", trained.result.err)  # escape codes, redrawn lines


def test_json_prints_the_lines_of_the_event_log(call: Call, root: Path, archive: Path) -> None:
    result = call(*train_arguments(archive, root, "--epochs", 1, "--name", "run", "--json"))
    assert (result.code, result.err) == (0, "")
    assert result.out == (root / "run/events.jsonl").read_text()


def test_json_of_a_failed_run_ends_with_its_failure(call: Call, root: Path) -> None:
    result = call(*train_arguments("nowhere.zip", root, "--json"))
    events = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 2
    assert "nowhere.zip" in events[-1]["error"]
    assert [event["event"] for event in events].count("run_failed") == 1
    check_refused(Result(result.code, "", result.err), 2, "nowhere.zip")


def test_unnamed_runs_are_named_after_their_model_and_numbered(call: Call, root: Path, archive: Path) -> None:
    for number in (1, 2):
        assert call(*train_arguments(archive, root, "--epochs", 1)).out == f"{root}/baseline-00{number}/last.pt\n"


def test_relative_data_path_works_from_another_directory(
    call: Call, root: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(archive, "here.zip")
    assert call(*train_arguments("here.zip", root, "--epochs", 1, "--name", "run")).code == 0
    monkeypatch.chdir("/")
    assert call("evaluate", root / "run", "--json").json["images"] == TEST


def test_tilde_in_a_data_path_is_expanded(
    call: Call, root: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No shell expands it in `--data=~/…` or in the app's form."""
    monkeypatch.setenv("HOME", str(archive.parent))
    assert call(*train_arguments(f"~/{archive.name}", root, "--epochs", 1)).code == 0


def test_best_checkpoint_on_validation_is_evaluated_on_test(call: Call, root: Path, archive: Path) -> None:
    result = call(*train_arguments(archive, root, "--epochs", 3, "--validation", 64, "--name", "run"))
    assert (result.code, result.out) == (0, f"{root}/run/best.pt\n")
    tested = named(events_of(RunFolder(root / "run")), "evaluated")[-1]
    assert tested["split"] == "test"
    for name in ("run", result.out.strip()):
        assert call("evaluate", name, "--json").json["accuracy"] == tested["accuracy"]


def test_resume_matches_an_uninterrupted_run(call: Call, root: Path, copied: RunFolder, archive: Path) -> None:
    before = copied.events.read_text()
    result = call("train", "--resume", "first", "--epochs", EPOCHS + 1)
    assert (result.code, result.out) == (0, f"{Path('checkpoints/first/last.pt')}\n")
    assert copied.events.read_text().startswith(before)
    new = events_of(copied)[len(before.splitlines()) :]
    assert [event["resumed_at_step"] for event in named(new, "run_started")] == [STEPS]
    assert call(*train_arguments(archive, root, "--epochs", EPOCHS + 1, "--name", "straight")).code == 0
    assert same_weights(weights(copied.last_checkpoint), weights(root / "straight/last.pt"))


def test_refused_resume_leaves_the_run_finished(call: Call, copied: RunFolder) -> None:
    (before,) = call("runs", "--json").json
    check_refused(call("train", "--resume", "first", "--epochs", EPOCHS - 1), 2, "already")
    check_refused(call("train", "--resume", "first"), 2, f"finished its {EPOCHS} epochs", f"--epochs {EPOCHS + 1}")
    (entry,) = call("runs", "--json").json
    assert entry["state"] == "finished"
    assert entry["test_accuracy"] == before["test_accuracy"]
    check_refused(call("pause", "first"), 1, "has finished", "--epochs N")


@pytest.mark.parametrize(
    "change",
    [
        ("--seed", "1"),
        ("--batch-size", "16"),
        ("--learning-rate", "0.1"),
        ("--validation", "10"),
    ],
)
def test_resume_refuses_other_options(call: Call, root: Path, copied: RunFolder, change: tuple[str, str]) -> None:
    before = read_tree(root)
    option = change[0].removeprefix("--").replace("-", " ")
    check_refused(call("train", "--resume", "first", *change), 2, f"keeps its {option}")
    assert read_tree(root) == before


def test_finished_run_is_not_resumed_without_more_epochs(call: Call, copied: RunFolder) -> None:
    before = read_tree(copied.path)
    check_refused(call("train", "--resume", "first"), 2, f"--epochs {EPOCHS + 1}")
    check_refused(call("train", "--resume", "first", "--epochs", 1), 2, f"--epochs {EPOCHS} or more")
    assert {**read_tree(copied.path), "events.jsonl": before["events.jsonl"]} == before


def test_an_app_is_told_why_a_finished_run_trains_no_further_unless_nothing_is_left(
    call: Call, copied: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "is_launched", lambda folder: True)
    control.write_control(copied.control, control.Control())
    ended = events_of(copied)[-1]
    assert call("train", "--resume", "first").code == 2
    assert events_of(copied)[-1] == ended
    more = ("--epochs", EPOCHS + 1, "--patience", 3)
    check_refused(call("train", "--resume", "first", *more), 2, "holds out no images", "start a new run")
    assert "holds out no images" in events_of(copied)[-1]["error"]
    assert call("train", "--resume", "first", "--epochs", EPOCHS + 1).code == 0
    assert events_of(copied)[-1]["reason"] == "finished"


@pytest.mark.parametrize("name", ["", "nothing", "../nothing"])
def test_resume_of_a_missing_run_is_refused(call: Call, root: Path, name: str) -> None:
    check_refused(call("train", "--resume", name, "--epochs", 1), 2, "There is no run")
    assert list(root.iterdir()) == []


def test_a_run_without_a_checkpoint_is_not_resumed_and_stays_failed(call: Call, root: Path) -> None:
    folder = RunFolder(root / "never")
    folder.path.mkdir()
    failure = RunFailed(error="The network is refused.", time=1.0)
    folder.events.write_text(failure.to_line())
    check_refused(call("train", "--resume", "never"), 2, "ended before its first step", "start a new run")
    assert last_event(folder.events) == failure
    folder.begin(TrainConfig(), started())
    check_refused(call("train", "--resume", "never"), 2, "has no checkpoint to resume from; start a new run")
    assert last_event(folder.events) == failure


def test_diverged_run_fails_and_keeps_its_last_checkpoint(call: Call, copied: RunFolder) -> None:
    content = torch.load(copied.last_checkpoint, weights_only=True)
    content["state_dict"] = {key: weight.sign() * 3e38 for key, weight in content["state_dict"].items()}
    torch.save(content, copied.last_checkpoint)
    before = read_tree(copied.path)
    check_refused(
        call("train", "--resume", "first", "--epochs", EPOCHS + 1), 1, "not a finite number", "--learning-rate"
    )
    assert {**read_tree(copied.path), "events.jsonl": before["events.jsonl"]} == before
    assert events_of(copied)[-1]["event"] == "run_failed"


def test_resume_uses_an_older_checkpoint_if_the_last_is_damaged(call: Call, copied: RunFolder) -> None:
    good = weights(copied.last_checkpoint)
    copied.last_checkpoint.write_bytes(b"PK")
    assert call("train", "--resume", "first", "--epochs", EPOCHS + 1).code == 0
    started = named(events_of(copied), "run_started")[-1]
    assert started["resumed_at_step"] == STEPS
    assert not same_weights(good, weights(copied.last_checkpoint))


def test_resume_drops_requests_to_the_trainer_before(call: Call, copied: RunFolder) -> None:
    """As of a trainer that was killed while paused, and a save that came after it."""
    control.ask_for(copied.control, control.Desired.PAUSE)
    control.ask_for_save(copied.control)
    assert control.read_control(copied.control) == control.Control(control.Desired.PAUSE, 1)
    assert call("train", "--resume", "first", "--epochs", EPOCHS + 1).code == 0
    new = events_of(copied)[-1]
    assert (new["event"], new["reason"]) == ("run_ended", "finished")
    assert new["step"] == STEPS + TRAIN // 32
    assert not named(events_of(copied), "paused")
    assert list(copied.path.glob("step-*.pt")) == []
    assert control.read_control(copied.control) == control.Control()


def test_run_keeps_the_data_that_auto_chose(
    call: Call, root: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real digits that are installed later change only what `auto` chooses for new runs."""
    monkeypatch.setattr(digits, "SYNTHETIC_TRAIN", 320)
    monkeypatch.setattr(digits, "SYNTHETIC_TEST", 200)
    assert call("train", "--checkpoints", root, "--epochs", 1, "--name", "early").code == 0
    run = RunFolder(root / "early")
    accuracy = events_of(run)[-1]["test_accuracy"]
    assert call("data", "import", archive).code == 0
    evaluated = call("evaluate", "early", "--checkpoints", root, "--json").json
    assert (evaluated["dataset"], evaluated["images"]) == ("synthetic digits", 200)
    assert evaluated["accuracy"] == accuracy
    assert call("neighbors", run.path / "evaluation-epoch-001.npz").code == 0
    assert call("errors", "early", "--checkpoints", root, "--neighbors", "--json").code == 0
    assert call("train", "--checkpoints", root, "--resume", "early", "--epochs", 2).code == 0
    assert named(events_of(run), "run_started")[-1]["data"] == "synthetic digits"
    assert call("train", "--checkpoints", root, "--epochs", 1, "--name", "late").code == 0
    assert named(events_of(RunFolder(root / "late")), "run_started")[0]["data"] == NAME


@pytest.mark.parametrize("data", ["nowhere.zip", "archive"])
def test_name_of_a_used_folder_is_refused(call: Call, root: Path, copied: RunFolder, archive: Path, data: str) -> None:
    """With and without its run.json, and before the data is read."""
    source = archive if data == "archive" else data
    for left, phrase in ((copied.run_json, "already exists"), (None, "holds other files already")):
        if left is None:
            copied.run_json.unlink()
        before = read_tree(root)
        check_refused(call(*train_arguments(source, root, "--name", "first")), 2, "first", phrase)
        assert read_tree(root) == before


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/a", "-a", "a b", "é", "a\nb", "x" * 101])
def test_bad_name_is_refused(call: Call, root: Path, copied: RunFolder, archive: Path, name: str) -> None:
    before = read_tree(root.parent)
    check_refused(call(*train_arguments(archive, root, f"--name={name}")), 2, "must be 1 to 100 letters")
    assert read_tree(root.parent) == before
    assert [path.name for path in root.iterdir()] == ["first"]


def test_failed_start_leaves_no_folder_and_its_name_is_free(call: Call, root: Path, archive: Path) -> None:
    check_refused(call(*train_arguments("nowhere.zip", root, "--name", "run")), 2, "nowhere.zip")
    assert list(root.iterdir()) == []
    (root / "run").mkdir()
    (root / "run/trainer.log").write_text("log of a failed run that the app launched")
    assert call(*train_arguments(archive, root, "--epochs", 1, "--name", "run")).code == 0


def test_validation_split_of_all_images_is_refused(call: Call, root: Path, archive: Path) -> None:
    check_refused(call(*train_arguments(archive, root, "--validation", TRAIN)), 2, "cannot be held out")
    assert list(root.iterdir()) == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is available")
def test_missing_cuda_is_refused(call: Call, root: Path, copied: RunFolder, archive: Path) -> None:
    check_refused(call("train", "--data", archive, "--device", "cuda"), 2, "CUDA is not available", "--device cpu")
    check_refused(call("evaluate", "first", "--device", "cuda"), 2, "CUDA is not available")
    assert [run.name for run in root.iterdir()] == ["first"]


@pytest.mark.parametrize("option", ["", "nowhere"])
def test_missing_data_is_a_usage_error(call: Call, root: Path, copied: RunFolder, option: str) -> None:
    check_refused(call(*train_arguments(option, root)), 2)
    assert [run.name for run in root.iterdir()] == ["first"]


def test_emnist_is_refused_while_not_installed(call: Call, root: Path) -> None:
    check_refused(call(*train_arguments("emnist", root)), 1, "emnist-tui data download")
    assert list(root.iterdir()) == []


def test_unknown_model_is_a_usage_error(call: Call, root: Path, archive: Path) -> None:
    check_refused(call(*train_arguments(archive, root, "--model", "resnet50")), 2, "resnet50")
    assert list(root.iterdir()) == []
