"""Accuracy on a device within the range of the CPU's."""

from pathlib import Path

import pytest

from emnist_tui.learning.data.dataset import Dataset, Split, fingerprint
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import Evaluated
from tests.support.small_dataset import of_kind, start

_MARGIN = 0.015  # of the accuracy: the order of sums differs, and with it the course of every seed


@pytest.mark.parametrize("model", ["baseline", "compact"])
def test_three_seeds_reach_the_accuracy_of_the_cpu(tmp_path: Path, device: str, digits: Dataset, model: str) -> None:
    if device == "cpu" and model != "baseline":
        pytest.skip("forty times as slow on the CPU, which is compared with itself")
    reached = {
        place: [accuracy(tmp_path / f"{place}-{seed}", digits, model, seed, place) for seed in range(3)]
        for place in {"cpu", device}
    }
    lowest, highest = min(reached["cpu"]), max(reached["cpu"])
    assert lowest > 0.3, "the digits are learned at all"
    assert [found for found in reached[device] if not lowest - _MARGIN <= found <= highest + _MARGIN] == []


def accuracy(path: Path, digits: Dataset, model: str, seed: int, device: str) -> float:
    """Train one or two epochs of a network's recipe, and return the accuracy on the test split."""
    if model != "baseline":  # forty times as slow on the CPU
        digits = part(digits)
    config = TrainConfig.of(model=model, seed=seed, device=device, epochs=1 if model == "baseline" else 2)
    return of_kind(start(path, digits, config).run(), Evaluated)[-1].accuracy


def part(digits: Dataset) -> Dataset:
    chosen = slice(0, None, max(1, len(digits.train) // 6_000))
    train = Split(digits.train.images[chosen].clone(), digits.train.labels[chosen].clone())
    return Dataset(digits.name, train, digits.test, fingerprint(train, digits.test))
