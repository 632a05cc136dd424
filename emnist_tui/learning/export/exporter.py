"""Export of a checkpoint's network for other programs.

Each file is read back by its format's own reader and checked before it is written.
"""

import io
import tempfile
from contextlib import redirect_stderr
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from emnist_tui import __version__
from emnist_tui.learning.checkpoint.format import Checkpoint
from emnist_tui.learning.data.dataset import Dataset, load_dataset
from emnist_tui.learning.data.digits import OnPhase
from emnist_tui.learning.export.folding import fold_input
from emnist_tui.learning.export.formats import FORMATS, Facts, Format, require_libraries
from emnist_tui.learning.inference.input_format import PLAIN, InputFormat
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.inference.restore import checkpoint_loaded, read_checkpoint, restore_network
from emnist_tui.learning.inference.training_data import load_training_data
from emnist_tui.learning.models.layers import Chain
from emnist_tui.runs.atomic_files import replacing
from emnist_tui.runs.errors import EmnistTuiError, UsageError, shows_tracebacks
from emnist_tui.runs.events import CheckpointLoaded
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.runs.task import CLASSES

CHECKED = 1000
"""Number of test digits whose logits are compared."""
TOLERANCE = 1e-4
"""Largest accepted difference of logits, relative to the largest logit or 1: libraries sum in different orders."""

UPRIGHT = "upright"
"""Orientation of every exported network's input."""


@dataclass(frozen=True)
class Check:
    """Comparison of an exported network with the checkpoint's."""

    data: str
    """Name of the dataset whose test digits were compared."""
    images: int
    """Number of compared digits."""
    equal: int
    """Number of equal predictions."""
    difference: float
    """Largest absolute difference of a logit."""
    input: str
    """Description of the exported network's input."""
    loaded: CheckpointLoaded
    """Event that describes the checkpoint."""


def export_checkpoint(
    path: Path,
    format_name: str,
    output: Path,
    data: str | None,
    on_phase: OnPhase,
    foreign: ForeignWeights = RECOGNIZED,
) -> Check:
    """Export a checkpoint's network to `output`, checked or not at all.

    A network of another input than the program's own is exported for that: its weights are rewritten.

    It is checked on test digits of `data`, by default the data it was trained on, or synthetic digits if that is
    unavailable. `on_phase` is called with a description of each phase. Raises `UsageError` if `output` exists,
    `EmnistTuiError` if the checkpoint, the data or the format is unusable or the exported network computes other
    logits, `OSError` if `output` cannot be written.
    """
    require_new_file(output)
    require_libraries(format_name)
    checkpoint = read_checkpoint(path, foreign)
    dataset = _load_test_data(checkpoint, path, data, on_phase)
    restored = restore_network(path, checkpoint, foreign, dataset.train)
    model = restored.model
    layers = fold_input(model.layers, restored.input) if isinstance(model, Chain) else model
    facts = describe(checkpoint, restored.input)
    on_phase(f"exporting to {output}")
    content = _pack(format_name, layers, facts)
    difference, equal = _compare(
        restored.network, layers, FORMATS[format_name], content, images := _sample_images(dataset)
    )
    with replacing(output) as file:
        file.write(content)
    loaded = checkpoint_loaded(path, checkpoint, restored, dataset, "cpu")
    return Check(dataset.name, len(images), equal, difference, str(facts["input"]), loaded)


def _pack(format_name: str, layers: nn.Module, facts: Facts) -> bytes:
    """Pack a network.

    Raises `EmnistTuiError` if torch or the format cannot represent it.
    """
    try:
        with redirect_stderr(io.StringIO()):  # on which torch prints the code that it cannot export
            return FORMATS[format_name].pack(layers, facts)
    except EmnistTuiError:
        raise
    except Exception as error:
        if shows_tracebacks():
            raise
        cause: BaseException = error
        while cause.__cause__:
            cause = cause.__cause__
        reason = " ".join(f"{type(cause).__name__}: {cause}".split())[:200]
        raise EmnistTuiError(
            f"The network cannot be exported as {format_name} ({reason}); choose another --format."
        ) from None


def require_new_file(output: Path) -> None:
    """Raise `UsageError` if `output` exists: an export never overwrites a file."""
    if output.exists() or output.is_symlink():
        raise UsageError(f"{output} already exists; choose another name with --output.")


def describe(checkpoint: Checkpoint, trained_on: InputFormat = PLAIN) -> Facts:
    """Describe the network for the file's metadata.

    Its input is always the program's own, whatever it was `trained_on`.
    """
    facts: Facts = {
        "producer": f"emnist-tui {__version__}",
        "model": checkpoint.model,
        "input": f"images, float32 [N, 1, 28, 28], pixels / 255: 0 is paper, 1 is full ink; {UPRIGHT}",
        "orientation": UPRIGHT,
        "output": "logits, float32 [N, 10]; their softmax is the probabilities of the classes",
        "classes": list(range(CLASSES)),
    }
    if trained_on != PLAIN:
        facts["trained_on"] = f"{trained_on.scaling.formula}, {trained_on.orientation}; rewritten for this input"
    if training := checkpoint.training:
        facts |= {"data": training.data, "epoch": training.progress.epoch, "step": training.progress.step}
        if (accuracy := training.metrics.get("test_accuracy")) is not None:
            facts["test_accuracy"] = accuracy
    return facts


def _load_test_data(checkpoint: Checkpoint, path: Path, data: str | None, on_phase: OnPhase) -> Dataset:
    if data is not None:
        return load_dataset(data, on_phase=on_phase)
    try:
        return load_training_data(checkpoint, path, on_phase)
    except EmnistTuiError as error:
        reason = str(error).rstrip(".")
        on_phase(f"checking on synthetic digits, as the training data is unavailable ({reason})")
        return load_dataset("synthetic", on_phase=on_phase)


def _sample_images(dataset: Dataset) -> torch.Tensor:
    """Sample the test split evenly: float32 [N, 1, 28, 28], upright."""
    images = dataset.test.images
    return scale(images[:: max(1, len(images) // CHECKED)][:CHECKED])


def _compare(
    network: nn.Module, layers: nn.Module, kind: Format, content: bytes, images: torch.Tensor
) -> tuple[float, int]:
    """Compare the logits of the exported and the original network.

    The exported one has these layers. Returns the largest difference and the number of equal predictions. Raises
    `EmnistTuiError` if the format's reader loads another network from the file, or none.
    """
    with torch.inference_mode():
        expected = network(images).numpy()
    if not np.isfinite(expected).all():
        raise EmnistTuiError("The network's outputs are not finite numbers; use an earlier checkpoint.")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"network{kind.ending}"
        file.write_bytes(content)
        try:
            logits = kind.load(file, _blank(layers))(images.contiguous().numpy())
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            raise EmnistTuiError(f"The exported file cannot be loaded back ({reason}); nothing was written.") from None
    if logits.shape != expected.shape:
        raise EmnistTuiError(
            f"The exported network's output has the shape {logits.shape}, not {expected.shape}; nothing was written."
        )
    difference = float(np.abs(logits - expected).max())
    equal = int((logits.argmax(axis=1) == expected.argmax(axis=1)).sum())
    if not difference <= TOLERANCE * max(1.0, float(np.abs(expected).max())):
        raise EmnistTuiError(
            f"The exported network's logits differ by up to {difference:.2g} "
            f"({equal:,} of {len(expected):,} predictions are equal); nothing was written."
        )
    return difference, equal


def _blank(layers: nn.Module) -> nn.Module:
    """Copy the layers with NaN weights, to reveal weights not loaded."""
    blank = deepcopy(layers)
    for weight in blank.state_dict().values():
        if weight.is_floating_point():
            weight.fill_(torch.nan)
    return blank
