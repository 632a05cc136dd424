"""An uninterrupted run that the tests of this room compare with."""

import pytest

from emnist_tui.runs.config import TrainConfig
from tests.support.small_dataset import FinishedRun, train_reporting_every_batch


@pytest.fixture(scope="session")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """Train for two epochs, 40 steps."""
    return train_reporting_every_batch(tmp_path_factory.mktemp("uninterrupted"), TrainConfig(epochs=2, seed=3))
