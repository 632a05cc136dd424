"""Checkpoints that ship with the project."""

from pathlib import Path

import pytest

from emnist_tui.learning.checkpoint.format import load_checkpoint
from tests.support.project import SHIPPED_CHECKPOINTS

LEAST_ACCURACY = {"baseline": 0.96, "compact": 0.99}


@pytest.mark.skipif(not SHIPPED_CHECKPOINTS, reason="the project's checkpoints are not beside the tests")
@pytest.mark.parametrize("path", SHIPPED_CHECKPOINTS, ids=lambda path: path.name)
def test_shipped_checkpoint_is_finished_and_records_its_accuracy(path: Path) -> None:
    checkpoint = load_checkpoint(path)
    assert checkpoint.training is not None
    assert checkpoint.training.is_tested
    assert checkpoint.training.config.data == "synthetic"
    assert checkpoint.training.metrics["test_accuracy"] >= LEAST_ACCURACY[checkpoint.model]
