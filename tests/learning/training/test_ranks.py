from pathlib import Path

import torch

from emnist_tui.learning.inference.predictor import Predictor
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training.control_poller import ControlPoller
from emnist_tui.learning.training.ranks import ALONE
from tests.support.small_dataset import bars


def test_a_process_alone_shares_nothing(tmp_path: Path) -> None:
    assert ALONE.team is None
    assert ALONE.device_of("cuda:1") == "cuda:1"
    assert type(ALONE.control(tmp_path / "control.json")) is ControlPoller
    assert type(ALONE.predictor(Baseline(), "test", bars(10, 0), torch.device("cpu"))) is Predictor
