"""Runs and checkpoints by path or name."""

import subprocess
import sys
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.foreign_weights import ForeignWeights
from emnist_tui.runs.record import RunState
from emnist_tui.tui.session.open import find_path, find_training, open_path
from emnist_tui.tui.session.run_session import RunSession
from tests.support.own_networks import write_network
from tests.support.scripted_runs import started, write_run
from tests.support.terminal import live_run, opened_checkpoint


def test_a_path_opens_a_run_by_name_or_path(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "mine")
    assert open_path(tmp_path, "mine").follower.folder.path == folder.path
    assert open_path(tmp_path / "elsewhere", str(folder.path)).follower.folder.path == folder.path


def test_a_checkpoint_is_evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunSession, "evaluate", lambda path, _: opened_checkpoint(tmp_path, path))
    (tmp_path / "net.pt").touch()
    assert open_path(tmp_path, "net.pt").checkpoint == tmp_path / "net.pt"


def test_a_run_comes_before_a_checkpoint_and_neither_is_an_error(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "mine")
    folder.last_checkpoint.touch()
    assert find_path(tmp_path, "mine") == folder.path
    assert find_path(tmp_path, str(folder.last_checkpoint)) == folder.last_checkpoint
    with pytest.raises(EmnistTuiError, match="There is no checkpoint or run"):
        find_path(tmp_path, "absent")


def test_the_run_that_trains_is_found(tmp_path: Path) -> None:
    write_run(tmp_path, "ended")
    assert find_training(tmp_path) is None
    with live_run(tmp_path, "live"):
        found = find_training(tmp_path)
        assert found
        assert found.name == "live"


def test_choices_are_for_a_checkpoint_and_refused_for_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    launched: list[tuple[Path, ForeignWeights]] = []

    def launch(checkpoint: Path, output: Path, data: str | None, foreign: ForeignWeights) -> "subprocess.Popen[bytes]":
        launched.append((checkpoint, foreign))
        return subprocess.Popen([sys.executable, "-c", "pass"])

    monkeypatch.setattr("emnist_tui.tui.session.run_session.launch_evaluation", launch)
    (tmp_path / "net.pt").touch()
    chosen = ForeignWeights("ema", "mnist")
    session = open_path(tmp_path, "net.pt", chosen)
    assert session.foreign == chosen
    assert launched == [(tmp_path / "net.pt", chosen)]
    session.close()
    write_run(tmp_path, "mine")
    with pytest.raises(UsageError, match="is a run, whose weights and input are known"):
        open_path(tmp_path, "mine", chosen)


def test_a_file_to_run_is_refused_for_a_run_of_the_programs_own_network(tmp_path: Path) -> None:
    chosen = ForeignWeights(network=write_network(tmp_path, "ResNet"))
    write_run(tmp_path, "mine")
    with pytest.raises(UsageError, match="mine is a run of a network that comes with the program; leave out --model"):
        open_path(tmp_path, "mine", chosen)
    folder = write_run(tmp_path, "own", epochs=0, ended=False)
    with EventLog(folder.events) as log:
        log.write(started(TrainConfig(model="/gone/resnet.py:ResNet")))
    assert open_path(tmp_path, "own", chosen).network_to_ask_for == "/gone/resnet.py:ResNet"


def test_a_run_whose_trainer_is_starting_is_followed(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "new")
    folder.path.mkdir()
    with folder.held():
        opened = open_path(tmp_path, "new")
        assert (opened.name, opened.state) == ("new", RunState.STARTING)
    with pytest.raises(EmnistTuiError, match="holds no checkpoint"):
        open_path(tmp_path, "new")
