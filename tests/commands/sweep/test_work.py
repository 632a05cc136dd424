"""`emnist-tui sweep work` in this process: what it prints, and how it ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emnist_tui.learning.search.worker import End, SweepWorker
from emnist_tui.runs.control import Desired
from emnist_tui.runs.sweeps.board import SweepBoard, read_result
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.requests import ask_for
from emnist_tui.runs.sweeps.trial import Trial, TrialState, write_trial
from tests.support.call import Call, check_refused
from tests.support.process import environment
from tests.support.small_sweeps import new_seeds, new_sweep


@pytest.fixture
def sweep(root: Path, archive: Path) -> SweepFolder:
    return new_sweep(root / "mine", data=archive, epochs=1, trials=2)


def test_every_trial_is_a_line_and_the_best_is_on_stdout(call: Call, sweep: SweepFolder) -> None:
    result = call("sweep", "work", "mine")
    board = SweepBoard(sweep).refresh()
    assert board.best
    assert (result.code, result.out) == (0, f"checkpoints/mine/runs/trial-000{board.best.number}\n")
    lines = [line for line in result.err.splitlines() if line.startswith("trial ")]
    assert len(lines) == 2
    assert lines[0].startswith("trial 1 finished with ")
    assert "(learning rate 0.0" in lines[0]
    assert "; 2 of 2 ended; best: trial " in lines[1]


def test_json_is_the_best_and_its_test(call: Call, sweep: SweepFolder) -> None:
    result = call("sweep", "work", "mine", "--json")
    tested, printed = read_result(sweep.result), json.loads(result.out)
    assert tested
    assert (printed["sweep"], printed["best"]["number"]) == ("mine", tested.trial)
    assert printed["test"] == {
        "accuracy": tested.test_accuracy,
        "loss": tested.test_loss,
        "images": tested.test_images,
    }


def test_a_sweep_that_is_done_prints_its_best_again(call: Call, root: Path, archive: Path) -> None:
    new_seeds(root / "seeds", 1, data=archive, epochs=1)
    first = call("sweep", "work", "seeds")
    assert call("sweep", "work", "seeds").out == first.out == "checkpoints/seeds/runs/trial-0001\n"


def test_a_stopped_sweep_says_what_lets_it_go_on(call: Call, sweep: SweepFolder) -> None:
    ask_for(sweep.control, Desired.STOP)
    check_refused(call("sweep", "work", "mine"), 1, "Sweep mine is stopped; `emnist-tui sweep resume mine`")


def test_without_the_data_no_trial_begins(call: Call, root: Path) -> None:
    sweep = new_sweep(root / "mine", data="/nowhere.zip")
    result = call("sweep", "work", "mine")
    assert (result.code, result.out) == (2, "")
    assert "/nowhere.zip" in result.err
    assert list(sweep.runs.iterdir()) == []


def test_without_a_finished_trial_it_fails(call: Call, root: Path, archive: Path) -> None:
    sweep = new_sweep(root / "mine", data=archive, trials=1)
    sweep.trial(1).path.mkdir()
    write_trial(sweep.trial(1).trial_json, Trial(1, {}, TrialState.FAILED, "No."))
    result = call("sweep", "work", "mine", "--json")
    assert (result.code, result.json["best"]) == (1, None)
    result = call("sweep", "work", "mine")
    assert (result.code, result.out) == (1, "")
    assert "No trial of mine has finished" in result.err


def test_a_signal_saves_the_trial_and_exits_with_130(
    call: Call, sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = SweepWorker._work

    def interrupted(self: SweepWorker) -> End:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        return run(self)

    monkeypatch.setattr(SweepWorker, "_work", interrupted)
    result = call("sweep", "work", "mine")
    assert (result.code, result.out) == (130, "")


def test_a_signal_before_it_is_ready_ends_it_at_once(
    call: Call, sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: SweepWorker) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError

    monkeypatch.setattr(SweepWorker, "_load", interrupted)
    assert call("sweep", "work", "mine").code == 130


@pytest.mark.parametrize("options", [("--workers", "0"), ("--workers", "257"), ("--device", "tpu")])
def test_wrong_options_are_refused(call: Call, sweep: SweepFolder, options: tuple[str, str]) -> None:
    check_refused(call("sweep", "work", "mine", *options), 2, options[0])


def test_the_parser_loads_nothing_heavy() -> None:
    """Every action of `sweep` loads the options of all."""
    script = "import sys, emnist_tui.commands.sweep.work; print({'torch', 'numpy', 'optuna'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout == "set()\n"
