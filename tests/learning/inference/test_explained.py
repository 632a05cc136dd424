"""Digits examined in checkpoints' networks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint
from emnist_tui.learning.data.dataset import Dataset, Split, hold_out
from emnist_tui.learning.inference.explained import choose_split, examine_digit
from emnist_tui.learning.inference.restore import read_checkpoint, restore_network
from emnist_tui.learning.models.registry import build_model
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.foreign_weights import ForeignWeights
from tests.support.emnist_files import draw_arrows, write_archive
from tests.support.project import SHIPPED_CHECKPOINT


def ignored(_phase: str) -> None:
    """Report no phase."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("archive") / "small.zip"
    write_archive(path, *draw_arrows(60, 0), *draw_arrows(20, 1))
    return str(path)


def saved(folder: Path, model: str = "baseline", weights: dict[str, torch.Tensor] | None = None) -> Path:
    torch.manual_seed(3)
    path = folder / "theirs.pt"
    torch.save({**build_model(model).state_dict(), **(weights or {})}, path)
    return path


@pytest.mark.parametrize("scaling", ["unit-upright", "mnist-transposed", "inverted-bytes-rotated90"])
def test_a_digit_is_that_of_the_split_with_the_logits_of_torch(tmp_path: Path, archive: str, scaling: str) -> None:
    path, foreign = saved(tmp_path), ForeignWeights(None, scaling, None)
    found = examine_digit(path, "test", 7, archive, ignored, foreign)
    restored = restore_network(path, read_checkpoint(path, foreign), foreign, None)
    upright = draw_arrows(20, 1)[0][7]
    np.testing.assert_array_equal(found.passed.image, upright)  # the baseline's weights can be turned
    with torch.no_grad():
        expected = restored.network(torch.from_numpy(upright)[None, None] / 255)[0]
    np.testing.assert_allclose(found.passed.logits, expected, atol=1e-4)
    np.testing.assert_allclose(found.logits(upright[None])[0], expected, atol=1e-4)
    assert (found.passed.true, found.dataset) == (7, "EMNIST digits (unverified copy)")
    assert found.sample is not None
    assert found.sample.shape == (20, 28, 28)


def test_every_network_of_the_registry_is_examined(tmp_path: Path, archive: str) -> None:
    for model in ("compact", "accurate"):
        found = examine_digit(
            saved(tmp_path, model), "train", 0, archive, ignored, ForeignWeights(None, "unit-upright")
        )
        assert found.passed.network.graph.is_computable


def test_an_index_that_is_not_there_is_refused(tmp_path: Path, archive: str) -> None:
    foreign = ForeignWeights(None, "unit-upright", None)
    with pytest.raises(UsageError, match=r"no image 20 in the test split .* from 0 to 19"):
        examine_digit(saved(tmp_path), "test", 20, archive, ignored, foreign)


def test_outputs_that_are_not_numbers_are_refused(tmp_path: Path, archive: str) -> None:
    path = saved(tmp_path, weights={"layers.7.weight": torch.full((10, 100), 3e38)})
    with pytest.raises(EmnistTuiError, match="outputs are not finite"):
        examine_digit(path, "test", 0, archive, ignored, ForeignWeights(None, "unit-upright", None))


def test_the_validation_split_is_that_of_the_run() -> None:
    labels = torch.arange(50)
    split = Split(torch.zeros(50, 28, 28, dtype=torch.uint8), labels)
    dataset = Dataset("digits", split, split[torch.arange(5)], "")
    trained = load_checkpoint(SHIPPED_CHECKPOINT)
    assert trained.training is not None
    config = replace(trained.training.config, validation=20, seed=4)
    held_out = Checkpoint(trained.model, trained.state_dict, replace(trained.training, config=config))
    for name, expected in (("train", split), ("validation", hold_out(split, 20, 4)[1]), ("test", dataset.test)):
        found = choose_split(dataset, held_out, Path("x.pt"), name)
        assert found.labels.tolist() == expected.labels.tolist()


def test_a_run_without_a_validation_split_has_none() -> None:
    split = Split(torch.zeros(5, 28, 28, dtype=torch.uint8), torch.arange(5))
    dataset = Dataset("digits", split, split, "")
    checkpoint = Checkpoint("baseline", {})
    assert choose_split(dataset, checkpoint, Path("x.pt"), "train") is split
    with pytest.raises(UsageError, match=r"x\.pt was trained without a validation split"):
        choose_split(dataset, checkpoint, Path("x.pt"), "validation")
    assert not TrainConfig().validation
