"""Writing a checkpoint's network for other programs, each file checked by its own reader before it takes its name."""

import tempfile
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from emnist_tui import __version__
from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint
from emnist_tui.learning.data.dataset import Dataset, load_dataset
from emnist_tui.learning.export.formats import FORMATS, Facts, Format, refuse_missing
from emnist_tui.learning.inference.evaluate import Transposed, restore, trained_on
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.models.layers import Chain
from emnist_tui.runs.atomic_files import replacing
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.task import CLASSES

CHECKED = 1000
"""Test digits whose logits are compared."""
TOLERANCE = 1e-4
"""Difference of logits that is let pass, as a share of the largest logit, or of 1: libraries add in other orders."""

UPRIGHT = "upright"
STORED = "as EMNIST's files store them: rows and columns exchanged"


@dataclass(frozen=True)
class Check:
    """How the network in a file answers, compared with the checkpoint's."""

    data: str
    """The name of the data whose test digits both were shown."""
    images: int
    equal: int
    """Images with the same prediction."""
    difference: float
    """The largest of any logit."""
    input: str
    """What the network in the file takes, in words."""


def export_checkpoint(
    path: Path, format_name: str, output: Path, data: str | None, tell: Callable[[str], None]
) -> Check:
    """Writes the network of the checkpoint to `output`, whole and checked, or not at all.

    It is checked on test digits of `data`, by default of what the checkpoint was trained on, or of synthetic ones
    where that is not there. `tell` is told what takes time. Raises `UsageError` when there is an `output` already,
    `EmnistTuiError` when the checkpoint, the data or the format will not do, or the file does not answer as the network
    does, `OSError` when `output` cannot be written.
    """
    refuse_existing(output)
    refuse_missing(format_name)
    checkpoint = load_checkpoint(path)
    dataset = _load_test_data(checkpoint, data, tell)
    upright = restore(checkpoint, dataset.test)
    is_transposed = isinstance(upright, Transposed)
    network = upright.model if isinstance(upright, Transposed) else upright
    if not isinstance(network, Chain):
        raise EmnistTuiError(f"The model {checkpoint.model} is not a chain of layers, which alone can be exported.")
    images = _some_images(dataset)
    facts = describe(checkpoint, is_transposed=is_transposed)
    tell(f"exporting to {output}")
    content = FORMATS[format_name].pack(network.layers, facts)
    difference, equal = _compare(
        network.layers, FORMATS[format_name], content, images.transpose(2, 3) if is_transposed else images
    )
    with replacing(output) as file:
        file.write(content)
    return Check(dataset.name, len(images), equal, difference, str(facts["input"]))


def refuse_existing(output: Path) -> None:
    """Raises `UsageError` where something is there already: an export replaces nothing, least of all a checkpoint."""
    if output.exists() or output.is_symlink():
        raise UsageError(f"{output} is there already; choose another name with --output.")


def describe(checkpoint: Checkpoint, *, is_transposed: bool) -> Facts:
    """What the file says of the network. `is_transposed`: it takes images as EMNIST's files store them."""
    orientation = STORED if is_transposed else UPRIGHT
    facts: Facts = {
        "producer": f"emnist-tui {__version__}",
        "model": checkpoint.model,
        "input": f"images, float32 [N, 1, 28, 28], pixels / 255: 0 is paper, 1 is full ink; {orientation}",
        "orientation": orientation,
        "output": "logits, float32 [N, 10]; their softmax is the probabilities of the classes",
        "classes": list(range(CLASSES)),
    }
    if training := checkpoint.training:
        facts |= {"data": training.data, "epoch": training.progress.epoch, "step": training.progress.step}
        if (accuracy := training.metrics.get("test_accuracy")) is not None:
            facts["test_accuracy"] = accuracy
    return facts


def _load_test_data(checkpoint: Checkpoint, data: str | None, tell: Callable[[str], None]) -> Dataset:
    if data is not None:
        return load_dataset(data, on_phase=tell)
    try:
        return load_dataset(trained_on(checkpoint), on_phase=tell)
    except EmnistTuiError as error:
        tell(f"checking with synthetic digits, not with what it was trained on ({str(error).rstrip('.')})")
        return load_dataset("synthetic", on_phase=tell)


def _some_images(dataset: Dataset) -> torch.Tensor:
    """float32 [N, 1, 28, 28], upright, from all over the test split."""
    images = dataset.test.images
    return scale(images[:: max(1, len(images) // CHECKED)][:CHECKED])


def _compare(layers: nn.Sequential, kind: Format, content: bytes, images: torch.Tensor) -> tuple[float, int]:
    """The largest difference of a logit, and how many predictions are equal.

    Raises `EmnistTuiError` when the format's reader gets another network out of the file, or none.
    """
    with torch.inference_mode():
        expected = layers(images).numpy()
    if not np.isfinite(expected).all():
        raise EmnistTuiError("The network's answers are not finite numbers; go back to an earlier checkpoint.")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"network{kind.ending}"
        file.write_bytes(content)
        try:
            answered = kind.load(file, _blank(layers))(images.contiguous().numpy())
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            raise EmnistTuiError(f"What was to be written cannot be loaded back ({reason}); nothing is kept.") from None
    if answered.shape != expected.shape:
        raise EmnistTuiError(f"What was to be written answers {answered.shape}, not logits; nothing is kept.")
    difference = float(np.abs(answered - expected).max())
    equal = int((answered.argmax(axis=1) == expected.argmax(axis=1)).sum())
    if not difference <= TOLERANCE * max(1.0, float(np.abs(expected).max())):
        raise EmnistTuiError(
            f"What was to be written answers differently, by as much as {difference:.2g} in a logit "
            f"({equal:,} of {len(expected):,} predictions are equal); nothing is kept."
        )
    return difference, equal


def _blank(layers: nn.Sequential) -> nn.Sequential:
    """The same layers with weights that are no numbers: what is not loaded shows."""
    blank = deepcopy(layers)
    with torch.no_grad():
        for weight in blank.parameters():
            weight.fill_(torch.nan)
    return blank
