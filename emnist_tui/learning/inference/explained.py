"""One digit examined in a checkpoint's network, for its explanation."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from emnist_tui.analysis.explain.occlusion import Logits, logits_of
from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.known_graphs import known_graph
from emnist_tui.analysis.network.network import Pass
from emnist_tui.learning.checkpoint.format import Checkpoint
from emnist_tui.learning.data.dataset import Dataset, Split, hold_out, load_dataset
from emnist_tui.learning.data.digits import OnPhase
from emnist_tui.learning.inference.classify import recognize
from emnist_tui.learning.inference.network_graph import to_network
from emnist_tui.learning.inference.recognition import orient
from emnist_tui.learning.inference.restore import (
    Restored,
    checkpoint_loaded,
    needs_images,
    read_checkpoint,
    restore_network,
)
from emnist_tui.learning.inference.training_data import describe_change, load_training_data
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.events import CheckpointLoaded
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights

SAMPLE = 1000
"""Most test digits that the activity of maps is measured on."""


@dataclass(frozen=True, eq=False)
class Examined:
    """A digit's pass through a checkpoint's network.

    Images are laid as the network takes them: upright but for some of other programs.
    """

    passed: Pass
    logits: Logits
    """Logits of other images by the same network."""
    loaded: CheckpointLoaded
    """Event that describes the checkpoint."""
    dataset: str = ""
    """Name of the dataset that the digit is from; empty of a picture."""
    sample: NDArray[np.uint8] | None = None
    """Test digits, uint8 [at most 1,000, 28, 28], spread evenly; None of a picture."""


def examine_digit(
    path: Path, split: str, index: int, data: str | None, on_phase: OnPhase, foreign: ForeignWeights = RECOGNIZED
) -> Examined:
    """Examine a digit of a split in a checkpoint's network.

    `data` is by default the data that the checkpoint was trained on; `split` is `test`, `train` or `validation`, as the
    run cut them. Raises `UsageError` if there is no such split or index, `EmnistTuiError` if the checkpoint or the data
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
    images = dataset.test.images
    sample = images[:: max(1, len(images) // SAMPLE)][:SAMPLE].numpy()
    image, true = digits.images[index].cpu().numpy(), int(digits.labels[index])
    passed, logits = _examine(restored, checkpoint.model, image, true)
    return Examined(passed, logits, loaded, dataset.name, laid(sample, restored))


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
    passed, logits = _examine(restored, checkpoint.model, image, None)
    return Examined(passed, logits, loaded)


def choose_split(dataset: Dataset, checkpoint: Checkpoint, path: Path, name: str) -> Split:
    """Return a split as the checkpoint's run cut it.

    Raises `UsageError` if the run held out no validation split.
    """
    if name == "test":
        return dataset.test
    config = checkpoint.training.config if checkpoint.training else None
    if config is None or not config.validation:
        if name == "train":
            return dataset.train
        raise UsageError(f"{path.name} was trained without a validation split; choose --split test or train.")
    return hold_out(dataset.train, config.validation, config.seed)[name == "validation"]


def laid(images: NDArray[np.uint8], restored: Restored) -> NDArray[np.uint8]:
    """Lay upright images, [..., 28, 28], as the network takes them."""
    return orient(torch.from_numpy(images), restored.input.orientation).contiguous().numpy()


def _examine(restored: Restored, model: str, image: NDArray[np.uint8], true: int | None) -> tuple[Pass, Logits]:
    """Compute all values of an upright image.

    Raises `EmnistTuiError` if a logit is not finite.
    """
    network = to_network(restored.model, restored.input, known_graph(model))
    if not network.graph.is_computable:
        raise EmnistTuiError("This network has operations that only torch computes; choose another one.")
    passed, logits = examine(network, laid(image, restored), true), logits_of(network)
    with np.errstate(over="ignore", invalid="ignore"):
        is_finite = np.isfinite(logits(passed.image[None])).all()  # in float32, as other images are computed
    if not is_finite:
        raise EmnistTuiError("The network's outputs are not finite numbers; use an earlier checkpoint.")
    return passed, logits
