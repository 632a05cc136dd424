import gc
import weakref
from dataclasses import replace

import pytest
import torch

from emnist_tui.learning.data.dataset import hold_out
from emnist_tui.learning.training.run_data import split_dataset
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from tests.support.small_dataset import small_dataset

CPU = torch.device("cpu")
CONFIG = TrainConfig(seed=3)
DATASET = small_dataset(train=60, test=20)


def test_epochs_are_evaluated_on_test_without_a_validation_split() -> None:
    data = split_dataset(DATASET, CONFIG, CPU)
    assert (data.name, data.fingerprint) == ("bars", DATASET.fingerprint)
    assert (len(data.train), data.validation, len(data.test)) == (60, None, 20)
    assert data.selection == ("test", data.test)


def test_the_validation_split_is_held_out_of_the_train_split_by_seed() -> None:
    data = split_dataset(DATASET, replace(CONFIG, validation=15), CPU)
    train, validation = hold_out(DATASET.train, 15, seed=3)
    assert data.validation is not None
    assert torch.equal(data.train.images, train.images)
    assert torch.equal(data.validation.images, validation.images)
    assert data.selection == ("validation", data.validation)


def test_a_validation_split_of_all_images_is_refused() -> None:
    with pytest.raises(UsageError):
        split_dataset(DATASET, replace(CONFIG, validation=60), CPU)


def test_the_last_split_is_kept_as_long_as_its_dataset() -> None:
    dataset, config = small_dataset(train=60, test=20), replace(CONFIG, validation=15)
    first = split_dataset(dataset, config, CPU)
    assert split_dataset(dataset, replace(config, learning_rate=0.5), CPU) is first
    assert split_dataset(small_dataset(train=60, test=20), config, CPU) is not first
    other = split_dataset(dataset, replace(config, seed=4), CPU)
    assert other is not first
    images = weakref.ref(other.train.images)
    del dataset, other
    gc.collect()
    assert images() is None
