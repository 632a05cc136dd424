"""The checkpoints that ship with the project."""

from pathlib import Path

import pytest

from emnist_tui.learning.checkpoint import load_checkpoint

SHIPPED = sorted((Path(__file__).parents[2] / "checkpoints").glob("*.pt"))


@pytest.mark.skipif(not SHIPPED, reason="the tests run without the project's checkpoints beside them")
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_checkpoint_is_finished_and_says_what_it_reached(path: Path) -> None:
    checkpoint = load_checkpoint(path)
    assert checkpoint.training is not None
    assert checkpoint.training.is_finished
    assert checkpoint.training.config.data == "synthetic"
    assert 0.93 <= checkpoint.training.metrics["test_accuracy"] <= 0.97
