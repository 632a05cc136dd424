"""The command line as users and their scripts meet it: exit codes, data on stdout, one sentence when it fails."""

import contextlib
import io
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, log_loss, precision_recall_fscore_support

from emnist_tui.cli import main
from emnist_tui.learning.data import dataset
from emnist_tui.learning.data.dataset import load_dataset
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.models.registry import build_model
from emnist_tui.runs import control
from emnist_tui.runs.folder import RunFolder
from tests.support.call import Call, Result
from tests.support.emnist_files import draw_arrows, encode_files, write_archive, write_members
from tests.support.project import PROJECT

TRAIN, TEST = 640, 200
EPOCHS = 6
STEPS = EPOCHS * TRAIN // 32
NAME = "EMNIST digits (unverified copy)"
LONG = ["--epochs", "10000"]  # it ends when it is told to

Tree = dict[str, bytes]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "small.zip"
    write_archive(path, *draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
    return path


@dataclass(frozen=True)
class Trained:
    """A finished run, to look at or to copy."""

    run: RunFolder
    result: Result


@pytest.fixture(scope="module")
def trained(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    root = tmp_path_factory.mktemp("trained")
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(_train(archive, root, "--epochs", EPOCHS, "--name", "first"))
    return Trained(RunFolder(root / "first"), Result(code, out.getvalue(), err.getvalue()))


@pytest.fixture
def root(place: Path) -> Path:
    """An empty home of runs."""
    path = place / "checkpoints"
    path.mkdir()
    return path


@pytest.fixture
def copied(root: Path, trained: Trained) -> RunFolder:
    """The finished run, a test's own copy."""
    return RunFolder(shutil.copytree(trained.run.path, root / "first"))


def _train(data: object, root: object, *options: object) -> list[str]:
    return [str(word) for word in ("train", "--data", data, "--checkpoints", root, "--device", "cpu", *options)]


def events_of(run: RunFolder) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.events.read_text().splitlines()] if run.events.exists() else []


def named(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == name]


def weights(path: Path) -> dict[str, torch.Tensor]:
    loaded: dict[str, torch.Tensor] = torch.load(path, weights_only=True)["state_dict"]
    return loaded


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def tree(folder: Path) -> Tree:
    """Every file under a folder with its content, but for locks."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_resumption_that_cannot_be_meant_leaves_the_run_as_it_was(call: Call, copied: RunFolder) -> None:
    told = call("runs", "--json").json
    check_refused(call("train", "--resume", "first", "--epochs", EPOCHS - 1), 2, "already")
    check_refused(call("train", "--resume", "first"), 2, f"finished its {EPOCHS} epochs", f"--epochs {EPOCHS + 1}")
    (entry,) = call("runs", "--json").json
    assert entry["state"] == "finished"
    assert entry["test_accuracy"] == told[0]["test_accuracy"]
    check_refused(call("pause", "first"), 1, "has finished", "--epochs N")


def check_refused(result: Result, code: int, *phrases: str) -> None:
    """One sentence on stderr, at its end, and nothing on stdout."""
    assert result.code == code, result.err
    assert result.out == ""
    lines = result.err.split("\n")
    assert [line for line in lines if line.startswith("emnist-tui: ")] == [lines[-2]], result.err
    assert lines[-1] == ""
    assert "Traceback" not in result.err
    assert "Unexpected" not in result.err
    assert "\x1b" not in result.err
    for phrase in phrases:
        assert phrase in lines[-2]


# Training


def test_a_run_leaves_a_whole_folder(trained: Trained, archive: Path) -> None:
    run = trained.run
    assert trained.result.code == 0
    files = {path.name for path in run.path.iterdir()}
    epochs = {f"epoch-{epoch:03d}.pt" for epoch in range(1, EPOCHS + 1)}
    evaluations = {f"evaluation-epoch-{epoch:03d}.npz" for epoch in range(1, EPOCHS + 1)}
    assert files == epochs | evaluations | {"run.json", "events.jsonl", "last.pt", "control.json", "trainer.lock"}
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


def test_stdout_is_the_path_of_the_checkpoint_and_words_go_to_stderr(trained: Trained) -> None:
    assert trained.result.out == f"{trained.run.last_checkpoint}\n"
    assert "training baseline (1,138 parameters)" in trained.result.err
    assert f"finished at step {STEPS}" in trained.result.err
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", trained.result.err)  # escape codes, redrawn lines


def test_train_json_writes_the_lines_of_the_event_log(call: Call, root: Path, archive: Path) -> None:
    result = call(*_train(archive, root, "--epochs", 1, "--name", "run", "--json"))
    assert (result.code, result.err) == (0, "")
    assert result.out == (root / "run/events.jsonl").read_text()


def test_train_json_of_a_failed_run_ends_with_its_failure(call: Call, root: Path) -> None:
    result = call(*_train("nowhere.zip", root, "--json"))
    events = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 2
    assert "nowhere.zip" in events[-1]["error"]
    assert [event["event"] for event in events].count("run_failed") == 1
    check_refused(Result(result.code, "", result.err), 2, "nowhere.zip")


def test_runs_are_numbered_after_their_model(call: Call, root: Path, archive: Path) -> None:
    for number in (1, 2):
        assert call(*_train(archive, root, "--epochs", 1)).out == f"{root}/baseline-00{number}/last.pt\n"


def test_data_is_found_again_from_another_directory(
    call: Call, root: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(archive, "here.zip")
    assert call(*_train("here.zip", root, "--epochs", 1, "--name", "run")).code == 0
    monkeypatch.chdir("/")
    assert call("evaluate", root / "run", "--json").json["images"] == TEST


def test_a_home_folder_in_a_data_path_is_replaced(
    call: Call, root: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app's form and `--data=~/…` give it as it is typed."""
    monkeypatch.setenv("HOME", str(archive.parent))
    assert call(*_train(f"~/{archive.name}", root, "--epochs", 1)).code == 0


def test_the_best_checkpoint_on_validation_is_the_one_evaluated(call: Call, root: Path, archive: Path) -> None:
    assert call(*_train(archive, root, "--epochs", 3, "--validation", 64, "--name", "run")).code == 0
    tested = named(events_of(RunFolder(root / "run")), "evaluated")[-1]
    assert tested["split"] == "test"
    assert call("evaluate", "run", "--json").json["accuracy"] == tested["accuracy"]


# Going on


def test_resume_with_more_epochs_ends_as_a_run_of_that_many(
    call: Call, root: Path, copied: RunFolder, archive: Path
) -> None:
    before = copied.events.read_text()
    result = call("train", "--resume", "first", "--epochs", EPOCHS + 1)
    assert (result.code, result.out) == (0, f"{Path('checkpoints/first/last.pt')}\n")
    assert copied.events.read_text().startswith(before)
    new = events_of(copied)[len(before.splitlines()) :]
    assert [event["resumed_at_step"] for event in named(new, "run_started")] == [STEPS]
    assert call(*_train(archive, root, "--epochs", EPOCHS + 1, "--name", "straight")).code == 0
    assert same(weights(copied.last_checkpoint), weights(root / "straight/last.pt"))


@pytest.mark.parametrize(
    "change",
    [
        ("--data", "synthetic"),
        ("--model", "baseline"),
        ("--seed", "1"),
        ("--batch-size", "16"),
        ("--learning-rate", "0.1"),
        ("--validation", "10"),
    ],
)
def test_resume_refuses_to_change_the_run(call: Call, root: Path, copied: RunFolder, change: tuple[str, str]) -> None:
    before = tree(root)
    words = change[0].removeprefix("--").replace("-", " ")
    check_refused(call("train", "--resume", "first", *change), 2, f"keeps its {words}")
    assert tree(root) == before


def test_a_finished_run_is_not_resumed_without_more_epochs(call: Call, copied: RunFolder) -> None:
    before = tree(copied.path)
    check_refused(call("train", "--resume", "first"), 2, f"--epochs {EPOCHS + 1}")
    check_refused(call("train", "--resume", "first", "--epochs", 1), 2, f"--epochs {EPOCHS} or more")
    assert {**tree(copied.path), "events.jsonl": before["events.jsonl"]} == before


@pytest.mark.parametrize("name", ["", "nothing", "../nothing"])
def test_there_is_no_such_run_to_resume(call: Call, root: Path, name: str) -> None:
    check_refused(call("train", "--resume", name, "--epochs", 1), 2, "There is no run")
    assert list(root.iterdir()) == []


def test_diverging_training_fails_and_keeps_the_last_good_checkpoint(call: Call, copied: RunFolder) -> None:
    content = torch.load(copied.last_checkpoint, weights_only=True)
    content["state_dict"] = {key: weight.sign() * 3e38 for key, weight in content["state_dict"].items()}
    torch.save(content, copied.last_checkpoint)
    before = tree(copied.path)
    check_refused(
        call("train", "--resume", "first", "--epochs", EPOCHS + 1), 1, "not a finite number", "--learning-rate"
    )
    assert {**tree(copied.path), "events.jsonl": before["events.jsonl"]} == before
    assert events_of(copied)[-1]["event"] == "run_failed"


# A trainer in another process


@dataclass
class Process:
    """A command of its own, as a shell would start it."""

    popen: subprocess.Popen[str]

    def wait(self) -> Result:
        out, err = self.popen.communicate(timeout=60)
        return Result(self.popen.returncode, out, err)


@pytest.fixture
def spawn(root: Path) -> Iterator[Callable[..., Process]]:
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> Process:
        popen = subprocess.Popen(
            [sys.executable, "-m", "emnist_tui", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        started.append(popen)
        return Process(popen)

    yield start
    for popen in started:
        popen.kill()
        popen.communicate()


def environment() -> dict[str, str]:
    """This project is imported from any working directory."""
    return {**os.environ, "PYTHONPATH": str(PROJECT)}


def wait_until(happened: Callable[[], object], process: Process, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert process.popen.poll() is None, process.wait()
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def has(run: RunFolder, event: str, times: int = 1) -> Callable[[], bool]:
    return lambda: len(named(events_of(run), event)) >= times


def test_a_live_run_is_paused_saved_resumed_and_stopped(
    call: Call, root: Path, archive: Path, spawn: Callable[..., Process]
) -> None:
    run = RunFolder(root / "live")
    process = spawn(*_train(archive, root, *LONG, "--name", "live"))
    wait_until(has(run, "batches"), process)
    assert call("pause", "live").code == 0
    wait_until(has(run, "paused"), process)
    paused_at = named(events_of(run), "paused")[0]["step"]
    assert [(entry["name"], entry["state"]) for entry in call("runs", "--json").json] == [("live", "paused")]
    saved = run.path / f"step-{paused_at:06d}.pt"
    asked = call("save", "live", "--json")
    assert asked.json == {"desired": "pause", "saves": 1}
    wait_until(saved.exists, process)
    check_refused(call("train", "--resume", "live"), 1, "is being trained by another process")
    assert call("resume", "live") == Result(0, "", "")
    wait_until(has(run, "resumed"), process)
    assert named(events_of(run), "resumed")[0]["step"] == paused_at
    wait_until(lambda: named(events_of(run), "batches")[-1]["step"] > paused_at, process)
    assert call("stop", "live").code == 0
    result = process.wait()
    assert (result.code, result.out) == (0, f"{run.last_checkpoint}\n")
    ended = events_of(run)[-1]
    assert (ended["event"], ended["reason"]) == ("run_ended", "stopped")
    assert torch.load(run.last_checkpoint, weights_only=True)["progress"]["step"] == ended["step"]


def test_a_resumed_run_takes_back_what_was_wished_before(
    call: Call, root: Path, archive: Path, spawn: Callable[..., Process]
) -> None:
    """A trainer that was killed while it paused; a save that it did not get to."""
    run = RunFolder(root / "live")
    process = spawn(*_train(archive, root, "--epochs", 2, "--name", "live"))
    wait_until(run.exists, process)
    assert call("pause", "live").code == 0
    wait_until(has(run, "paused"), process)
    wait_until(run.last_checkpoint.exists, process)
    process.popen.kill()
    process.popen.wait()
    control.ask_for_save(run.control)
    assert control.read_control(run.control) == control.Control(control.Desired.PAUSE, 1)
    resumed = spawn("train", "--checkpoints", root, "--resume", "live")
    assert resumed.wait().code == 0
    assert named(events_of(run), "run_ended")[-1]["reason"] == "finished"
    assert list(run.path.glob("step-*.pt")) == []
    assert control.read_control(run.control) == control.Control()


def test_a_run_keeps_the_data_that_auto_gave_it(
    call: Call, root: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the real digits are installed later, and `auto` means those."""
    monkeypatch.setattr(dataset, "SYNTHETIC_TRAIN", 320)
    monkeypatch.setattr(dataset, "SYNTHETIC_TEST", 200)
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


@pytest.mark.parametrize("wish", ["pause", "resume", "save", "stop"])
def test_a_run_that_is_not_training_is_not_controlled(call: Call, copied: RunFolder, wish: str) -> None:
    before = tree(copied.path)
    check_refused(call(wish, "first"), 1, "Run first has finished", "--resume first")
    check_refused(call(wish, "second"), 2, "There is no run second")
    assert tree(copied.path) == before


def test_a_signal_saves_and_ends(root: Path, archive: Path, spawn: Callable[..., Process]) -> None:
    signals = {"int": signal.SIGINT, "term": signal.SIGTERM, "hup": signal.SIGHUP}
    processes = {name: spawn(*_train(archive, root, *LONG, "--name", name)) for name in signals}
    for name, process in processes.items():
        run = RunFolder(root / name)
        wait_until(has(run, "batches"), process)
        process.popen.send_signal(signals[name])
        result = process.wait()
        assert result.code == 130
        assert result.out == f"{run.last_checkpoint}\n"
        assert "Traceback" not in result.err
        ended = events_of(run)[-1]
        assert (ended["event"], ended["reason"]) == ("run_ended", "stopped")
        assert torch.load(run.last_checkpoint, weights_only=True)["progress"]["step"] == ended["step"]


def test_a_second_signal_leaves_at_once(root: Path, archive: Path, spawn: Callable[..., Process]) -> None:
    """Both are there before it can answer the first; the hang-up, the lower number, is handled first."""
    run = RunFolder(root / "run")
    process = spawn(*_train(archive, root, *LONG, "--name", "run"))
    wait_until(has(run, "batches"), process)
    for number in (signal.SIGSTOP, signal.SIGHUP, signal.SIGINT, signal.SIGCONT):
        process.popen.send_signal(number)
    result = process.wait()
    assert (result.code, result.out) == (130, "")
    assert not named(events_of(run), "run_ended")
    assert not run.is_training()


def test_interrupted_before_the_first_batch_leaves_nothing(
    root: Path, archive: Path, spawn: Callable[..., Process]
) -> None:
    run = RunFolder(root / "run")
    process = spawn(*_train(archive, root, "--name", "run"))
    wait_until(has(run, "phase_started"), process)
    process.popen.send_signal(signal.SIGINT)
    check_refused(process.wait(), 130, "Interrupted.")
    assert list(root.iterdir()) == []


def test_an_interrupt_that_a_destructor_swallows_is_not_lost(
    call: Call, root: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of an archive is, which a signal may well meet while the digits are read."""

    class Closed:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    def read(*arguments: Any, **options: Any) -> dataset.Dataset:
        Closed()
        return load_dataset(*arguments, **options)

    monkeypatch.setattr(dataset, "load_dataset", read)
    result = call(*_train(archive, root, "--name", "run"))
    assert (result.code, result.err.splitlines()[-1]) == (130, "emnist-tui: Interrupted.")
    assert "Traceback" not in result.err
    assert list(root.iterdir()) == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash for its PIPESTATUS")
def test_a_reader_that_leaves_stops_the_run_saved(root: Path, archive: Path) -> None:
    """`head` ends after the third line, when training has begun."""
    command = [sys.executable, "-m", "emnist_tui", *_train(archive, root, *LONG, "--name", "run", "--json")]
    script = '"$@" | head -n 3 >/dev/null; exit "${PIPESTATUS[0]}"'
    result = subprocess.run(
        ["bash", "-c", script, "bash", *command], capture_output=True, text=True, env=environment(), timeout=60
    )
    assert (result.returncode, result.stderr) == (130, "")
    run = RunFolder(root / "run")
    assert events_of(run)[-1]["event"] == "run_ended"
    assert run.last_checkpoint.exists()


def test_head_of_a_plain_training_ends_quietly(root: Path, archive: Path) -> None:
    command = [sys.executable, "-m", "emnist_tui", *_train(archive, root, "--epochs", 1, "--name", "run")]
    result = subprocess.run(
        ["sh", "-c", '"$@" | head -n 1', "sh", *command], capture_output=True, text=True, env=environment(), timeout=60
    )
    assert result.stdout == f"{root}/run/last.pt\n"
    assert "Traceback" not in result.stderr
    assert "BrokenPipe" not in result.stderr


def test_a_reader_that_reads_nothing_is_no_error(root: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "emnist_tui", "runs", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


# What there is


def test_runs_of_an_empty_home_is_an_empty_list(call: Call, root: Path) -> None:
    assert call("runs", "--json").json == []
    result = call("runs")
    assert (result.code, result.out) == (0, "")
    assert "no runs in checkpoints" in result.err


def test_runs_lists_runs_and_checkpoints(call: Call, root: Path, copied: RunFolder) -> None:
    shutil.copy(copied.last_checkpoint, root / "copy.pt")
    (root / "broken.pt").write_text("not a checkpoint")
    (root / "notes").mkdir()
    listed = call("runs", "--json")
    assert listed.code == 0
    entries = {entry["name"]: entry for entry in listed.json}
    assert set(entries) == {"first", "copy.pt", "broken.pt"}
    accuracy = named(events_of(copied), "evaluated")[-1]["accuracy"]
    run, copy = entries["first"], entries["copy.pt"]
    assert (run["kind"], run["state"], copy["kind"]) == ("run", "finished", "checkpoint")
    for entry in (run, copy):
        assert entry["test_accuracy"] == accuracy
        assert (entry["model"], entry["data"], entry["epoch"], entry["step"]) == ("baseline", NAME, EPOCHS, STEPS)
    assert "not a PyTorch checkpoint" in entries["broken.pt"]["problem"]
    table = call("runs").out.splitlines()
    assert table[0].split() == ["name", "state", "model", "epoch", "test", "last", "change", "data"]
    assert len(table) == 4
    assert any(
        re.match(rf"first +finished +baseline +{EPOCHS} of {EPOCHS} +{accuracy * 100:.1f} %", row) for row in table
    )


def test_the_home_of_runs_comes_from_option_or_environment(
    call: Call, copied: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = copied.path.parent
    monkeypatch.chdir("/")
    for arguments in (["--checkpoints", root, "runs", "--json"], ["runs", "--json", "--checkpoints", root]):
        assert [entry["name"] for entry in call(*arguments).json] == ["first"]
    monkeypatch.setenv("EMNIST_TUI_CHECKPOINTS", str(root))
    assert [entry["name"] for entry in call("runs", "--json").json] == ["first"]


# Evaluating


def test_evaluate_agrees_with_scikit_learn(call: Call, copied: RunFolder) -> None:
    result = call("evaluate", "first", "--json")
    assert result.code == 0
    found = result.json
    with np.load(copied.path / f"evaluation-epoch-{EPOCHS:03d}.npz") as stored:
        true, logits = stored["true"], stored["logits"].astype(np.float64)
    predicted = logits.argmax(axis=1)
    digits = list(range(10))
    assert (found["dataset"], found["images"], found["split"]) == (NAME, TEST, "test")
    assert found["confusion"] == confusion_matrix(true, predicted, labels=digits).tolist()
    assert found["accuracy"] == (true == predicted).mean()
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    assert found["loss"] == pytest.approx(log_loss(true, probabilities, labels=digits))
    expected = precision_recall_fscore_support(true, predicted, labels=digits, zero_division=0)
    rows = found["per_class"]
    assert [row["class"] for row in rows] == digits
    for column, values in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        assert [row[column] for row in rows] == pytest.approx(list(values))


def test_every_command_tells_the_same_numbers(call: Call, copied: RunFolder) -> None:
    evaluated = named(events_of(copied), "evaluated")[-1]
    found = call("evaluate", "first", "--json").json
    mistakes = call("errors", "first", "--limit", 1000, "--json").json
    assert {key: found[key] for key in ("accuracy", "loss", "images")} == {
        key: evaluated[key] for key in ("accuracy", "loss", "images")
    }
    assert (mistakes["dataset"], mistakes["images"]) == (found["dataset"], found["images"])
    assert mistakes["errors"] == len(mistakes["shown"]) == round(TEST * (1 - found["accuracy"]))
    assert mistakes["errors"] > 0
    confusion = np.zeros((10, 10), int)
    for mistake in mistakes["shown"]:
        confusion[mistake["true"], mistake["predicted"]] += 1
    assert (confusion + np.diag(np.diag(found["confusion"]))).tolist() == found["confusion"]
    (entry,) = call("runs", "--json").json
    assert entry["test_accuracy"] == found["accuracy"]
    text = call("evaluate", "first").out
    assert f"accuracy {found['accuracy'] * 100:.1f} %" in text
    matrix = [line.split()[1:] for line in text.splitlines() if len(line.split()) == 11]
    assert matrix == [[str(number) for number in row] for row in found["confusion"]]


def test_evaluate_keeps_what_it_found(call: Call, root: Path, copied: RunFolder) -> None:
    assert call("evaluate", "first", "--output", root.parent / "kept").code == 0
    events = events_of(RunFolder(root.parent / "kept"))
    assert events[-1]["accuracy"] == named(events_of(copied), "evaluated")[-1]["accuracy"]
    assert (root.parent / "kept" / events[-1]["file"]).exists()


def test_errors_filters_and_sorts(call: Call, copied: RunFolder) -> None:
    every = call("errors", "first", "--limit", 1000, "--json").json["shown"]
    losses = [mistake["loss"] for mistake in every]
    assert losses == sorted(losses, reverse=True)
    cell = every[0]["true"], every[0]["predicted"]
    for options, expected in (
        (["--true", cell[0]], [one for one in every if one["true"] == cell[0]]),
        (["--predicted", cell[1]], [one for one in every if one["predicted"] == cell[1]]),
        (
            ["--true", cell[0], "--predicted", cell[1]],
            [one for one in every if (one["true"], one["predicted"]) == cell],
        ),
        (["--sort", "confidence"], sorted(every, key=lambda one: (-one["confidence"], one["index"]))),
    ):
        assert call("errors", "first", "--limit", 1000, "--json", *options).json["shown"] == expected
        limited = call("errors", "first", "--limit", 1, "--json", *options).json
        assert (limited["shown"], limited["errors"]) == (expected[:1], len(expected))
    assert len({one["predicted"] for one in every}) > 1  # so that a filter leaves something out


def test_errors_prints_the_digits(call: Call, copied: RunFolder, archive: Path) -> None:
    result = call("errors", "first", "--limit", 2)
    assert result.code == 0
    assert "2 of " in result.err
    blocks = result.out.strip("\n").split("\n\n#")
    assert len(blocks) == 2
    for shown, block in zip(call("errors", "first", "--limit", 2, "--json").json["shown"], blocks, strict=True):
        caption, *art = block.split("\n")
        assert f"true {shown['true']}  predicted {shown['predicted']}" in caption
        assert {len(line) for line in art} == {28}
        ink = (np.array([list(line) for line in art]) != " ").any(axis=0)
        assert ink[: 2 * shown["true"] + 2].all()  # the bar along the top, upright, is as long as the label


# Other people's checkpoints


Weights = dict[str, torch.Tensor]


def _nested(state: Weights) -> object:
    return {"epoch": 3, "model_state_dict": state, "name": "mine"}


def _renamed(state: Weights) -> object:
    keys = ("conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc.weight", "fc.bias")
    return dict(zip(keys, state.values(), strict=True))


def _transposed(state: Weights) -> Weights:
    """The same network, as it were had it been trained on images that lie on their side."""
    turned = dict(state)
    turned["layers.0.weight"] = state["layers.0.weight"].transpose(2, 3).contiguous()
    turned["layers.3.weight"] = state["layers.3.weight"].transpose(2, 3).contiguous()
    turned["layers.7.weight"] = state["layers.7.weight"].reshape(10, 4, 5, 5).transpose(2, 3).reshape(10, 100)
    return turned


@pytest.mark.parametrize(
    "form",
    [dict, _nested, _renamed, _transposed, lambda state: _nested(_transposed(state))],
    ids=["plain", "nested", "renamed", "transposed", "nested and transposed"],
)
def test_a_state_dict_of_somebodys_script_is_evaluated(
    call: Call, root: Path, copied: RunFolder, archive: Path, form: Callable[[Weights], object]
) -> None:
    torch.save(form(weights(copied.last_checkpoint)), "mine.pt")
    expected = call("evaluate", "first", "--json").json
    found = call("evaluate", "mine.pt", "--data", archive, "--json")
    assert (found.code, found.json["confusion"]) == (0, expected["confusion"])
    assert found.json["loss"] == pytest.approx(expected["loss"], rel=1e-5)


def test_a_network_trained_on_images_on_their_side_needs_them_turned(copied: RunFolder, archive: Path) -> None:
    """So that the test above can fail."""
    model = build_model("baseline")
    model.load_state_dict(_transposed(weights(copied.last_checkpoint)))
    test = load_dataset(str(archive)).test
    with torch.inference_mode():
        right = (model(scale(test.images)).argmax(1) == test.labels).float().mean()
    assert right < 0.5 < named(events_of(copied), "evaluated")[-1]["accuracy"]


# Checkpoints that will not do


class _Marking:
    """Unpickled by a careless reader, it runs code."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.marker}'",)


def _truncated(path: Path, good: Path) -> None:
    path.write_bytes(good.read_bytes()[:-500])


def _flipped(path: Path, good: Path) -> None:
    content = bytearray(good.read_bytes())
    weight = weights(good)["layers.7.weight"].numpy().tobytes()
    content[content.index(weight) + 40] ^= 0x01
    path.write_bytes(content)


def _text(path: Path, good: Path) -> None:
    path.write_text("epoch,loss\n1,0.3\n")


def _empty(path: Path, good: Path) -> None:
    path.touch()


def _pickled_code(path: Path, good: Path) -> None:
    path.write_bytes(pickle.dumps(_Marking(path.parent / "marker")))


def _saved_code(path: Path, good: Path) -> None:
    torch.save({"weights": _Marking(path.parent / "marker")}, path)


def _future(path: Path, good: Path) -> None:
    torch.save({**torch.load(good, weights_only=True), "emnist_tui_format": 99}, path)


def _other_shapes(path: Path, good: Path) -> None:
    torch.save(torch.nn.Sequential(torch.nn.Linear(784, 10)).state_dict(), path)


def _own_of_other_shapes(path: Path, good: Path) -> None:
    content = torch.load(good, weights_only=True)
    content["state_dict"]["layers.7.weight"] = torch.zeros(10, 99)
    torch.save(content, path)


def _not_finite(path: Path, good: Path) -> None:
    torch.save({key: weight * float("nan") for key, weight in weights(good).items()}, path)


def _no_weights(path: Path, good: Path) -> None:
    torch.save({"accuracy": 0.97}, path)


@pytest.mark.parametrize(
    ("write", "phrase"),
    [
        (_truncated, "damaged"),
        (_flipped, "damaged"),
        (_text, "not a PyTorch checkpoint"),
        (_empty, "not a PyTorch checkpoint"),
        (_pickled_code, "not a PyTorch checkpoint"),
        (_saved_code, "could run code"),
        (_future, "newer emnist-tui"),
        (_other_shapes, "does not match the baseline model: expected "),
        (_own_of_other_shapes, "does not match the baseline model: expected "),
        (_not_finite, "not finite"),
        (_no_weights, "holds no weights"),
    ],
)
def test_a_bad_checkpoint_is_refused(
    call: Call, root: Path, copied: RunFolder, write: Callable[[Path, Path], None], phrase: str
) -> None:
    path = root / "bad.pt"
    write(path, copied.last_checkpoint)
    before = tree(root.parent)
    for command in ("evaluate", "errors"):
        check_refused(call(command, path), 1, str(path), phrase)
    entry = next(entry for entry in call("runs", "--json").json if entry["name"] == "bad.pt")
    assert phrase in entry["problem"]
    assert tree(root.parent) == before
    # A run whose newest checkpoint is bad goes on from the one before, and says so if there is none.
    for good in copied.path.glob("*.pt"):
        shutil.copy(path, good)
    check_refused(call("train", "--resume", "first", "--epochs", EPOCHS + 1), 1)
    assert not (root / "marker").exists()


def test_a_run_goes_on_from_an_older_checkpoint_where_the_last_is_damaged(call: Call, copied: RunFolder) -> None:
    good = weights(copied.last_checkpoint)
    copied.last_checkpoint.write_bytes(b"PK")
    assert call("train", "--resume", "first", "--epochs", EPOCHS + 1).code == 0
    started = named(events_of(copied), "run_started")[-1]
    assert started["resumed_at_step"] == STEPS
    assert not same(good, weights(copied.last_checkpoint))


@pytest.mark.parametrize("name", ["nothing", "nothing.pt", "nowhere/last.pt"])
def test_a_missing_checkpoint_is_named(call: Call, name: str) -> None:
    check_refused(call("evaluate", name), 2, name)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("[red]x[bold].pt", "[red]x[bold].pt"),
        ("a\x1b[31m.pt", "a\\x1b[31m.pt"),
        ("a\nb.pt", "a\\nb.pt"),
        ("a\u202eb.pt", "a\\u202eb.pt"),
    ],
)
def test_a_file_name_is_shown_and_not_interpreted(
    call: Call, root: Path, copied: RunFolder, archive: Path, name: str, shown: str
) -> None:
    shutil.copy(copied.last_checkpoint, root / name)
    rows = call("runs").out.splitlines()
    assert [row.split("  ")[0] for row in rows if shown in row] == [shown]
    assert len(rows) == 3
    assert name in [entry["name"] for entry in call("runs", "--json").json]
    assert call("evaluate", root / name, "--json").json["images"] == TEST
    check_refused(call("evaluate", f"{name}x"), 2, f"{shown}x")
    check_refused(call("runs", name), 2, shown)
    data = root / name.replace(".pt", ".zip")
    shutil.copy(archive, data)
    result = call("evaluate", "first", "--data", data)
    assert result.code == 0
    assert f"reading {root}/{shown.replace('.pt', '.zip')} …\n" in result.err


# Folders that will not do


def test_the_run_file_is_needed_to_go_on_but_not_to_evaluate(call: Call, root: Path, copied: RunFolder) -> None:
    copied.run_json.unlink()
    before = tree(root)
    check_refused(call("train", "--resume", "first"), 2, "There is no run first")
    check_refused(call("stop", "first"), 2, "There is no run first")
    assert call("runs", "--json").json == []
    assert call("evaluate", "first", "--json").json["images"] == TEST
    assert tree(root) == before


@pytest.mark.parametrize("content", ["", "{", "[]", '{"config": {"epochs": -1}}', "\0"])
def test_a_damaged_run_file_hides_nothing(call: Call, copied: RunFolder, content: str) -> None:
    copied.run_json.write_text(content)
    (entry,) = call("runs", "--json").json
    assert (entry["name"], entry["state"], entry["epoch"]) == ("first", "finished", EPOCHS)


def test_damaged_events_are_passed_over(call: Call, copied: RunFolder) -> None:
    lines = copied.events.read_text().splitlines()
    copied.events.write_text("\n".join([*lines, "{", "[1]", '{"event":"evaluated"', ""]))
    (entry,) = call("runs", "--json").json
    assert (entry["state"], entry["epoch"]) == ("finished", EPOCHS)


@pytest.mark.parametrize("data", ["nowhere.zip", "archive"])
def test_the_name_of_a_folder_in_use_is_refused_and_costs_nothing(
    call: Call, root: Path, copied: RunFolder, archive: Path, data: str
) -> None:
    """Also of one whose run.json is lost, and also where the run would fail."""
    source = archive if data == "archive" else data
    for left, phrase in ((copied.run_json, "exists already"), (None, "holds other files already")):
        if left is None:
            copied.run_json.unlink()
        before = tree(root)
        check_refused(call(*_train(source, root, "--name", "first")), 2, "first", phrase)
        assert tree(root) == before


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/a", "-a", "a b", "é", "a\nb", "x" * 101])
def test_a_bad_name_is_refused(call: Call, root: Path, copied: RunFolder, archive: Path, name: str) -> None:
    before = tree(root.parent)
    check_refused(call(*_train(archive, root, f"--name={name}")), 2, "must be 1 to 100 letters")
    assert tree(root.parent) == before
    assert [path.name for path in root.iterdir()] == ["first"]


@pytest.mark.parametrize("below", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_named(
    call: Call, root: Path, copied: RunFolder, archive: Path, below: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below a regular file, where root cannot write either."""
    Path("file").write_text("mine")
    before = tree(root.parent)
    check_refused(call(*_train(archive, below)), 1, below, "cannot be written")
    check_refused(call("evaluate", "first", "--output", below), 1, below, "cannot be written")
    monkeypatch.setenv("EMNIST_TUI_DATA", str(root.parent / below))
    check_refused(call("data", "import", archive), 1, below, "EMNIST_TUI_DATA")
    assert tree(root.parent) == before


def test_a_failed_run_leaves_no_folder_and_an_interrupted_name_can_be_used_again(
    call: Call, root: Path, archive: Path
) -> None:
    check_refused(call(*_train("nowhere.zip", root, "--name", "run")), 2, "nowhere.zip")
    assert list(root.iterdir()) == []
    (root / "run").mkdir()
    (root / "run/trainer.log").write_text("of a run that the app started and that failed")
    assert call(*_train(archive, root, "--epochs", 1, "--name", "run")).code == 0


# Data that will not do


def _folder(path: Path, files: dict[str, bytes]) -> None:
    path.mkdir()
    for name, content in files.items():
        (path / name).write_bytes(content)


def _small_files() -> dict[str, bytes]:
    return encode_files(*draw_arrows(40, 0), *draw_arrows(20, 1))


def _one_missing(path: Path) -> None:
    _folder(path, dict(list(_small_files().items())[:3]))


def _cut_short(path: Path) -> None:
    _folder(path, {name: content[:-1] for name, content in _small_files().items()})


def _swapped(path: Path) -> None:
    files = _small_files()
    _folder(path, dict(zip(files, reversed(list(files.values())), strict=True)))


def _installed_cut_short(path: Path) -> None:
    (path / "EMNIST").mkdir(parents=True)
    _folder(path / "EMNIST/raw", {name: content[:-1] for name, content in _small_files().items()})


def _empty_folder(path: Path) -> None:
    path.mkdir()


def _text_file(path: Path) -> None:
    path.write_text("<html>404</html>")


def _half_archive(path: Path) -> None:
    write_archive(path, *draw_arrows(40, 0), *draw_arrows(20, 1))
    path.write_bytes(path.read_bytes()[:1000])


def _foreign_archive(path: Path) -> None:
    write_members(path, {"letters": b"none"})


def _damaged_archive(path: Path) -> None:
    members = write_archive(path, *draw_arrows(40, 0), *draw_arrows(20, 1))
    write_members(path, {name: content[:-20] for name, content in members.items()})


@pytest.mark.parametrize(
    "write",
    [
        _one_missing,
        _cut_short,
        _swapped,
        _installed_cut_short,
        _empty_folder,
        _text_file,
        _half_archive,
        _foreign_archive,
        _damaged_archive,
    ],
)
def test_bad_data_is_refused(
    call: Call, root: Path, copied: RunFolder, write: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "given"
    write(path)
    before = tree(tmp_path)
    check_refused(call(*_train(path, root)), 1, "given")
    check_refused(call("evaluate", "first", "--data", path), 1, "given")
    check_refused(call("data", "import", path), 1, "given")
    assert tree(tmp_path) == before
    assert [run.name for run in root.iterdir()] == ["first"]


@pytest.mark.parametrize("option", ["", "nowhere"])
def test_missing_data_is_wrong_use(call: Call, root: Path, copied: RunFolder, option: str) -> None:
    check_refused(call(*_train(option, root)), 2)
    assert [run.name for run in root.iterdir()] == ["first"]


def test_emnist_that_is_not_installed_is_refused(call: Call, root: Path) -> None:
    check_refused(call(*_train("emnist", root)), 1, "emnist-tui data download")
    assert list(root.iterdir()) == []


def test_data_is_imported_and_then_used(call: Call, root: Path, archive: Path) -> None:
    nothing = call("data", "status", "--json")
    assert (nothing.code, nothing.err) == (0, "")
    assert nothing.json["present"] is False
    assert "emnist-tui data download" in call("data", "status").out
    imported = call("data", "import", archive, "--json")
    assert imported.code == 0
    expected = {
        "root": str(root.parent / "data"),
        "present": True,
        "train_images": TRAIN,
        "test_images": TEST,
        "verified": False,
        "problem": None,
        "name": NAME,
    }
    assert imported.json == expected
    assert call("data", "status", "--json").json == expected
    assert f"{TRAIN} train and {TEST} test images" in call("data", "import", archive).out
    assert f"{TRAIN} train and {TEST} test images" in call("data", "status").out
    assert call(*_train("auto", root, "--epochs", 1, "--name", "run")).code == 0
    assert json.loads((root / "run/run.json").read_text())["data"] == NAME


def test_a_failed_import_leaves_the_data_that_was_there(call: Call, root: Path, archive: Path) -> None:
    assert call("data", "import", archive).code == 0
    before = tree(root.parent / "data")
    _half_archive(Path("half.zip"))
    check_refused(call("data", "import", "half.zip"), 1, "half.zip")
    assert tree(root.parent / "data") == before


# Wrong use


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "--color", "red"),
        ("train", "--epochs", "0"),
        ("train", "--epochs", "three"),
        ("train", "--batch-size", "0"),
        ("train", "--learning-rate", "0"),
        ("train", "--learning-rate", "nan"),
        ("train", "--learning-rate", "101"),
        ("train", "--seed", "-1"),
        ("train", "--threads", "0"),
        ("train", "--validation", "-1"),
        ("train", "--device", "tpu"),
        ("train", "--model", ""),
        ("train", "--model", "resnet50"),
        ("train", "--name", "a", "--resume", "b"),
        ("evaluate",),
        ("evaluate", "first", "--device", "tpu"),
        ("errors", "first", "--true", "10"),
        ("errors", "first", "--sort", "name"),
        ("errors", "first", "--limit", "0"),
        ("data",),
        ("data", "destroy"),
        ("data", "import"),
        ("data", "import", "nowhere.zip"),
        ("pause",),
        ("runs", "first"),
        ("frobnicate", "first"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_one_sentence(call: Call, root: Path, archive: Path, arguments: tuple[str, ...]) -> None:
    data = ("--data", str(archive)) if arguments[0] == "train" else ()
    check_refused(call(*arguments, *data), 2)
    assert list(root.iterdir()) == []


def test_more_validation_than_images_is_refused(call: Call, root: Path, archive: Path) -> None:
    check_refused(call(*_train(archive, root, "--validation", TRAIN)), 2, "cannot be held out")
    assert list(root.iterdir()) == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is there")
def test_cuda_that_is_not_there_is_refused(call: Call, root: Path, copied: RunFolder, archive: Path) -> None:
    check_refused(call("train", "--data", archive, "--device", "cuda"), 2, "CUDA is not available", "--device cpu")
    check_refused(call("evaluate", "first", "--device", "cuda"), 2, "CUDA is not available")
    assert [run.name for run in root.iterdir()] == ["first"]


def test_the_app_needs_a_terminal(call: Call, copied: RunFolder) -> None:
    check_refused(call(), 2, "needs a terminal")
    check_refused(call("first"), 2, "needs a terminal")


@pytest.mark.parametrize("arguments", [("--help",), ("train", "--help"), ("data", "import", "--help"), ("--version",)])
def test_help_goes_to_stdout(call: Call, arguments: tuple[str, ...]) -> None:
    result = call(*arguments)
    assert (result.code, result.err) == (0, "")
    assert "emnist-tui" in result.out.splitlines()[0]
