"""One side of a comparison: which evaluation it selects, and when it evaluates."""

from pathlib import Path

import pytest

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import write_run
from tests.support.terminal import opened_checkpoint


def test_a_run_is_compared_by_its_newest_evaluation(tmp_path: Path) -> None:
    side = ComparisonSide(write_run(tmp_path, "mine").path)
    assert (side.name, side.model) == ("mine", "baseline")
    assert side.evaluations.position == 2
    assert side.evaluation
    assert side.session is None
    assert side.problem is None
    side.poll()
    side.close()


def test_an_older_evaluation_is_named_with_its_epoch(tmp_path: Path) -> None:
    side = ComparisonSide(write_run(tmp_path, "a\x1bb").path, -2)
    assert side.name == "a\\x1bb epoch 1"


@pytest.mark.parametrize("is_run", [False, True])
def test_without_an_evaluation_the_checkpoint_is_evaluated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_run: bool
) -> None:
    checkpoint = tmp_path / "net.pt"
    path = checkpoint
    if is_run:
        folder = write_run(tmp_path, epochs=0)
        path, checkpoint = folder.path, folder.last_checkpoint
    checkpoint.touch()
    evaluated: list[Path] = []

    def evaluate(found: Path, foreign: ForeignWeights = RECOGNIZED) -> RunSession:
        evaluated.append(found)
        return opened_checkpoint(tmp_path, found)

    monkeypatch.setattr(RunSession, "evaluate", evaluate)
    side = ComparisonSide(path)
    assert evaluated == [checkpoint]
    assert side.session
    assert side.evaluation is side.session.evaluation
    assert side.problem is None
    output = side.session.follower.folder.path
    side.close()
    assert not output.exists()


def test_a_missing_checkpoint_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EmnistTuiError):
        ComparisonSide(tmp_path / "absent.pt")
