"""Tables about a sweep."""

from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.commands.output.sweep_tables import arranged, print_sweep
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.sweeps.board import SweepBoard
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from tests.support.sweep_folders import make_spec, make_sweep, make_worker


def test_trials_without_an_accuracy_come_last(tmp_path: Path) -> None:
    trials = [
        Trial(1, {}, TrialState.FAILED),
        Trial(2, {}, TrialState.FINISHED, accuracy=0.9),
        Trial(3, {}, TrialState.PRUNED, accuracy=0.95),
    ]
    board = SweepBoard(make_sweep(tmp_path / "mine", trials=trials)).refresh()
    assert [trial.number for trial in arranged(board)] == [3, 2, 1]


def test_hostile_names_are_shown_and_not_interpreted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    host = "[red]\x1b[31mhost\n"
    worker = replace(make_worker(1, host="elsewhere"), host=host)
    trial = Trial(1, {}, TrialState.RUNNING, worker=worker.id, host=host)
    sweep = make_sweep(tmp_path / "a\nb", trials=[trial], workers=[worker])
    print_sweep(SweepBoard(sweep).refresh(), 9)
    out = capsys.readouterr().out
    assert "a\\nb: training" in out
    assert out.count("[red]\\x1b[31mhost\\n") == 2
    assert "\x1b" not in out


def test_what_all_share_leaves_out_what_varies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = TrainConfig.of(model="compact", validation=500, batch_size=64, weight_decay=0.5, data="synthetic")
    sweep = make_sweep(tmp_path / "mine", make_spec(config=config))
    print_sweep(SweepBoard(sweep).refresh(), 9)
    out = capsys.readouterr().out
    assert f"all     compact, synthetic, epochs {config.epochs}, validation 500, weight-decay 0.5, sampler tpe" in out
