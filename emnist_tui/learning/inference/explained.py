"""One digit examined in a checkpoint's network, for its explanation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.digit_sample import draw_sample
from emnist_tui.analysis.explain.occlusion import Logits
from emnist_tui.analysis.network.network import Array, Pass
from emnist_tui.learning.checkpoint.format import Checkpoint
from emnist_tui.learning.data.dataset import Dataset, Split, hold_out, load_dataset
from emnist_tui.learning.data.digits import OnPhase
from emnist_tui.learning.inference.classify import recognize
from emnist_tui.learning.inference.examined_network import ExaminedNetwork
from emnist_tui.learning.inference.restore import (
    Restored,
    checkpoint_loaded,
    needs_images,
    read_checkpoint,
    restore_network,
)
from emnist_tui.learning.inference.training_data import describe_change, load_training_data
from emnist_tui.learning.inference.upright_network import lay
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.events import CheckpointLoaded
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights


@dataclass(frozen=True, eq=False)
class Examined:
    """A digit's pass through a checkpoint's network.

    Images are laid as the network takes them: upright but for some of other programs.
    """

    passed: Pass
    logits: Logits
    """Logits of other images by the same network."""
    slope: Callable[[Pass, int], Array | None]
    """Input gradient of the predicted class's lead over another class, such as `saliency.input_gradient`."""
    loaded: CheckpointLoaded
    """Event that describes the checkpoint."""
    dataset: str = ""
    """Name of the dataset that the digit is from; empty of a picture."""
    sample: NDArray[np.uint8] | None = None
    """Test digits of `digit_sample`, uint8 [N, 28, 28], fewer for a large network.

    None of a picture, and of a network that numpy cannot compute.
    """


def examine_digit(
    path: Path, split: str, index: int, data: str | None, on_phase: OnPhase, foreign: ForeignWeights = RECOGNIZED
) -> Examined:
    """Examine a digit of a split in a checkpoint's network.

    `data` is by default the data that the checkpoint was trained on; `split` is `test`, `train` or `validation`. Raises
    `UsageError` if there is no such split or index, `EmnistTuiError` if the checkpoint or the data
    is unusable, or a logit is not finite.
    """
    checkpoint = read_checkpoint(path, foreign)
    dataset = load_dataset(data, on_phase=on_phase) if data else load_training_data(checkpoint, path, on_phase)
    digits = choose_split(dataset, checkpoint, path, split)
    if not 0 <= index < len(digits):
        raise UsageError(
            f"There is no image {index:,} in the {split} split of {dataset.name}; choose --index from 0 to "
            f"{len(digits) - 1:,}."
        )
    restored = restore_network(path, checkpoint, foreign, dataset.train)
    loaded = checkpoint_loaded(path, checkpoint, restored, dataset, "cpu")
    changed = describe_change(checkpoint, path, dataset) if data is None else None
    loaded = replace(loaded, warning=" ".join(filter(None, [loaded.warning, changed])) or None)
    image, true = digits.images[index].cpu().numpy(), int(digits.labels[index])
    return _examined(restored, checkpoint, image, true, loaded, dataset)


def examine_picture(path: Path, picture: Path, on_phase: OnPhase, foreign: ForeignWeights = RECOGNIZED) -> Examined:
    """Examine the digit in a picture file, as `classify.recognize` reads it.

    Raises `EmnistTuiError` if the checkpoint is unusable, the picture shows no single upright digit, or a logit is not
    finite.
    """
    checkpoint = read_checkpoint(path, foreign)
    dataset = load_dataset("auto", on_phase=on_phase) if needs_images(checkpoint, foreign) else None
    restored = restore_network(path, checkpoint, foreign, dataset.train if dataset else None)
    image = recognize(restored.network, picture).image
    loaded = checkpoint_loaded(path, checkpoint, restored, dataset, "cpu")
    return _examined(restored, checkpoint, image, None, loaded)


def choose_split(dataset: Dataset, checkpoint: Checkpoint, path: Path, name: str) -> Split:
    """Return a split, the validation split as the checkpoint's run cut it.

    Raises `UsageError` if the run held out none.
    """
    if name != "validation":
        return dataset.train if name == "train" else dataset.test
    config = checkpoint.training.config if checkpoint.training else None
    if config is None or not config.validation:
        raise UsageError(f"{path.name} was trained without a validation split; choose --split test or train.")
    return hold_out(dataset.train, config.validation, config.seed)[1]


def _examined(
    restored: Restored,
    checkpoint: Checkpoint,
    image: NDArray[np.uint8],
    true: int | None,
    loaded: CheckpointLoaded,
    dataset: Dataset | None = None,
) -> Examined:
    subject = ExaminedNetwork(restored, checkpoint.model)
    passed = subject.examine(lay(image, subject.orientation), true)
    if dataset is None:
        return Examined(passed, subject.logits, subject.slope, loaded)
    sample = draw_sample(dataset.test.images.numpy(), dataset.test.labels.numpy()).images
    count = subject.affordable(len(sample))
    laid = lay(sample[:: len(sample) // count][:count], subject.orientation) if count else None
    return Examined(passed, subject.logits, subject.slope, loaded, dataset.name, laid)
