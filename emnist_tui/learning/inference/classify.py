"""What a checkpoint's network takes a picture of a digit for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.data.dataset import load_dataset
from emnist_tui.learning.inference.evaluate import restore
from emnist_tui.learning.inference.image_io import read_picture
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.inference.preprocess import find_digit
from emnist_tui.learning.models.registry import build_model
from emnist_tui.runs.errors import EmnistTuiError


@dataclass(frozen=True, eq=False)
class Classification:
    """One picture's digit."""

    image: NDArray[np.uint8]
    """What the network saw: uint8 [28, 28], upright, 255 is ink."""
    probabilities: NDArray[np.float64]
    """float64 [10]"""

    @property
    def predicted(self) -> int:
        """The lowest class wins a tie."""
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        """Of the answer, 0 to 1."""
        return float(self.probabilities.max())


def load_network(path: Path, tell: Callable[[str], None]) -> nn.Module:
    """The checkpoint's network, taking upright images.

    Where the file does not say how its images lay, test digits tell: the installed ones, else synthetic ones; `tell`
    is told of that. Raises `EmnistTuiError` when the checkpoint will not do.
    """
    checkpoint = load_checkpoint(path)
    if checkpoint.training is None:
        return restore(checkpoint, load_dataset("auto", on_phase=tell).test)
    network = build_model(checkpoint.model)
    network.load_state_dict(checkpoint.state_dict)
    return network.eval()


def recognize(network: nn.Module, path: Path) -> Classification:
    """Raises `EmnistTuiError` when the file is no picture with ink in it, or the answer is not a number."""
    picture = read_picture(path)
    try:
        image = find_digit(picture)
    except EmnistTuiError as error:
        raise EmnistTuiError(f"{path} shows no digit: {error}") from None
    with torch.inference_mode():
        logits = network(scale(torch.from_numpy(image)[None]))[0].double()
    if not logits.isfinite().all():
        raise EmnistTuiError("The network's answers are not finite numbers; go back to an earlier checkpoint.")
    return Classification(image, np.asarray(torch.softmax(logits, 0).numpy()))
