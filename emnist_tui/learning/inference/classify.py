"""Classification of pictures of digits by a checkpoint's network."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from emnist_tui.learning.data.dataset import load_dataset
from emnist_tui.learning.data.digits import OnPhase
from emnist_tui.learning.inference.doubt import reject_doubtful
from emnist_tui.learning.inference.image_io import read_picture
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.inference.preprocess import find_digit
from emnist_tui.learning.inference.restore import checkpoint_loaded, needs_images, read_checkpoint, restore_network
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import CheckpointLoaded
from emnist_tui.runs.foreign_weights import ForeignWeights


@dataclass(frozen=True, eq=False)
class Classification:
    """Predicted probabilities of one picture."""

    image: NDArray[np.uint8]
    """Network input, uint8 [28, 28], upright, 255 is ink."""
    probabilities: NDArray[np.float64]
    """float64 [10]."""

    @property
    def predicted(self) -> int:
        """Most probable class; the lowest of equals."""
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        """Probability of the predicted class, 0 to 1."""
        return float(self.probabilities.max())


def load_network(path: Path, foreign: ForeignWeights, on_phase: OnPhase) -> tuple[nn.Module, CheckpointLoaded]:
    """Load a checkpoint's network, for upright images, in evaluation mode.

    The input of a foreign network is recognized on train digits, unless the user named it: the installed digits, else
    synthetic ones, whose loading `on_phase` reports. Also returns the event that describes it. Raises `EmnistTuiError`
    if the checkpoint is unusable.
    """
    checkpoint = read_checkpoint(path, foreign)
    dataset = load_dataset("auto", on_phase=on_phase) if needs_images(checkpoint, foreign) else None
    restored = restore_network(path, checkpoint, foreign, dataset.train if dataset else None)
    return restored.network, checkpoint_loaded(path, checkpoint, restored, dataset, "cpu")


def recognize(network: nn.Module, path: Path) -> Classification:
    """Classify the digit in a picture file.

    Raises `EmnistTuiError` if the file is not a picture of one upright digit, or a logit is not finite.
    """
    picture = read_picture(path)

    def classify(images: NDArray[np.uint8]) -> NDArray[np.float64]:
        with torch.inference_mode():
            logits = network(scale(torch.from_numpy(images))).double()
        if not logits.isfinite().all():
            raise EmnistTuiError("The network's outputs are not finite numbers; use an earlier checkpoint.")
        return np.asarray(torch.softmax(logits, 1).numpy())

    try:
        image = find_digit(picture)
    except EmnistTuiError as error:
        raise EmnistTuiError(f"{path} {error}") from None
    classification = Classification(image, classify(image[None])[0])
    try:
        reject_doubtful(image, classification.confidence, classify)
    except EmnistTuiError as error:
        raise EmnistTuiError(f"{path} {error}") from None
    return classification
