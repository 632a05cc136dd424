"""`emnist-tui train --seeds`."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from emnist_tui.commands import train_seeds
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.trial import Trial, TrialState, read_trial
from tests.support.call import Call, check_refused
from tests.support.process import Process
from tests.support.trained_run import same_weights, train_arguments, weights

RECIPE = ("--epochs", 1, "--workers", 1)


def test_each_seed_is_trained_as_on_its_own(call: Call, archive: Path, tmp_path: Path) -> None:
    result = call(*train_arguments(archive, tmp_path, *RECIPE, "--seeds", 2, "--seed", 7, "--json"))
    assert result.code == 0, result.err
    assert [seed["seed"] for seed in result.json["seeds"]] == [7, 8]
    assert result.json["test_accuracy"]["n"] == 2
    assert result.json["path"] == str(tmp_path / "baseline-001")
    assert "seed 7: " in result.err
    assert "; 2 of 2 ended, mean " in result.err
    call(*train_arguments(archive, tmp_path, "--epochs", 1, "--seed", 8, "--name", "alone"))
    own = SweepFolder(tmp_path / "baseline-001").trial(2)
    assert same_weights(weights(own.last_checkpoint), weights(tmp_path / "alone" / "last.pt"))


def test_the_text_ends_with_mean_and_interval(call: Call, archive: Path, tmp_path: Path) -> None:
    result = call(*train_arguments(archive, tmp_path, *RECIPE, "--seeds", 2, "--name", "mine"))
    assert result.code == 0, result.err
    heading, first, second, mean = result.out.splitlines()
    assert heading.split() == ["seed", "test"]
    assert [line.split()[0] for line in (first, second)] == ["0", "1"]
    assert mean.startswith("mean ")
    assert SweepFolder(tmp_path / "mine").exists()


def test_an_interrupted_group_is_saved_and_goes_on(
    call: Call, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(trial: Trial, board: Board) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(train_seeds, "print_seed", interrupt)
    result = call(*train_arguments(archive, tmp_path, *RECIPE, "--seeds", 3, "--name", "mine"))
    assert result.code == 130
    path = tmp_path / "mine"
    assert result.err.splitlines()[-1] == (
        f"emnist-tui: Interrupted, and saved; `emnist-tui sweep work {path}` goes on."
    )
    assert "2 of 3 seeds of mine have no result" in result.out
    assert SweepBoard(SweepFolder(path)).refresh().counts[TrialState.FINISHED] == 1


def test_a_seed_that_failed_is_named(call: Call, archive: Path, tmp_path: Path) -> None:
    broken = ("--optimizer", "sgd", "--learning-rate", 100, "--weight-decay", 10)
    result = call(*train_arguments(archive, tmp_path, *RECIPE, "--seeds", 2, *broken))
    assert result.code == 1
    assert "Seed 0 diverged: " in result.err
    assert "2 of 2 seeds of baseline-001 have no result (2 diverged)." in result.out


def test_a_group_that_cannot_begin_leaves_nothing(call: Call, tmp_path: Path) -> None:
    result = call(*train_arguments(tmp_path / "nothing.zip", tmp_path / "runs", *RECIPE, "--seeds", 2))
    assert result.code != 0
    assert result.out == ""
    assert not any((tmp_path / "runs").iterdir())


def test_every_worker_is_a_process(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def work(_sweep: SweepFolder, workers: int, **_: object) -> None:
        asked.append(workers)
        raise EmnistTuiError("Enough.")

    monkeypatch.setattr("emnist_tui.commands.sweep.work.work", work)
    monkeypatch.setattr(train_seeds, "spare_workers", lambda config, runs: 4)
    for more in ((), ("--workers", 3), ("--workers", 9)):
        call(*train_arguments("synthetic", tmp_path, "--seeds", 5, *more))
    assert asked == [4, 3, 5]


def test_one_worker_on_a_gpu_is_explained(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*_: object, **__: object) -> None:
        raise EmnistTuiError("Enough.")

    monkeypatch.setattr("emnist_tui.commands.sweep.work.work", work)
    result = call("train", "--data", "synthetic", "--checkpoints", tmp_path, "--seeds", 5, "--device", "cuda")
    assert "5 seeds of baseline" in result.err
    assert "1 worker, which has the GPU for itself." in result.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--seeds", "3", "--resume", "first"), "sweep work first"),
        (("--seeds", "3", "--tensorboard"), "leave it out with --seeds"),
        (("--workers", "3"), "give --seeds N, too"),
        (("--seeds", "0"), "whole number, 1 to 1,000"),
        (("--seeds", "many"), "whole number, 1 to 1,000"),
        (("--seeds", "2", "--learning-rate", "-1"), "Learning rate must be"),
    ],
)
def test_impossible_requests_are_refused(call: Call, tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    check_refused(call("train", "--checkpoints", tmp_path, *words), 2, sentence)
    assert not any(tmp_path.iterdir())


def test_a_name_that_is_taken_is_refused(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    check_refused(call("train", "--checkpoints", tmp_path, "--seeds", 2, "--name", "mine"), 2, "already exists")


def test_ranks_do_not_train_seeds(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emnist_tui.runs.torchrun.find_place", lambda environment: object())
    check_refused(call("train", "--checkpoints", tmp_path, "--seeds", 2), 2, "torchrun shares one run")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_interrupted_processes_save_and_are_continued_bit_for_bit(
    call: Call, archive: Path, root: Path, spawn: Callable[..., Process]
) -> None:
    """Signals reach every process, and the seeds end as if nothing had happened."""
    recipe = ("--epochs", 40, "--seeds", 3)
    process = spawn(*train_arguments(archive, root, *recipe, "--workers", 2, "--name", "mine"))
    sweep = SweepFolder(root / "mine")

    def has_trained() -> bool:
        begun = [read_trial(sweep.trial(number).trial_json) for number in (1, 2)]
        return all(trial is not None and trial.epoch > 1 for trial in begun)

    process.wait_until(has_trained, 120)
    process.popen.send_signal(signal.SIGTERM)
    result = process.wait()
    assert result.code == 130
    assert result.err.splitlines()[-1].endswith("goes on.")
    assert "no result" in result.out
    assert call("sweep", "work", sweep.path, "--workers", 2).code == 0
    whole = call(*train_arguments(archive, root, *recipe, "--workers", 1, "--name", "whole"))
    assert whole.code == 0, whole.err
    for number in (1, 2, 3):
        own, expected = (SweepFolder(root / name).trial(number) for name in ("mine", "whole"))
        assert same_weights(weights(own.last_checkpoint), weights(expected.last_checkpoint))
