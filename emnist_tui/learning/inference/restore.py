"""Networks restored from checkpoints, for the program's own input."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint
from emnist_tui.learning.checkpoint.own_network import OwnNetwork, StateDict, require_network, restore_weights
from emnist_tui.learning.checkpoint.refusals import listed
from emnist_tui.learning.data.dataset import Dataset, Split
from emnist_tui.learning.inference.input_format import PLAIN, InputFormat, parse
from emnist_tui.learning.inference.recognition import Adapted, Recognized, recognize_input
from emnist_tui.learning.models.network_check import check_evaluation
from emnist_tui.learning.models.registry import build_model, count_parameters, load_definition
from emnist_tui.learning.models.user_file import explained
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.events import CheckpointLoaded
from emnist_tui.runs.foreign_weights import ForeignWeights


@dataclass(frozen=True, eq=False)
class Restored:
    """A network in evaluation mode, for upright images of 0 to 1."""

    network: nn.Module
    """The checkpoint's model, `Adapted` if it was trained on another input."""
    input: InputFormat
    """Input that the model was trained on."""
    warning: str | None = None
    """Doubt about that input, or a change of the network's file, as a sentence."""

    @property
    def model(self) -> nn.Module:
        """The checkpoint's model, which takes `input`."""
        return self.network.model if isinstance(self.network, Adapted) else self.network


def read_checkpoint(path: Path, foreign: ForeignWeights) -> Checkpoint:
    """Read a checkpoint by the user's choices.

    Raises `UsageError` if they do not fit it, such as a network's file that is missing, and as `load_checkpoint` does.
    """
    checkpoint = load_checkpoint(path, foreign.key)
    require_network(path, checkpoint.own, foreign.network)
    if foreign.input_scaling and checkpoint.training:
        raise UsageError(f"{path} was trained by this program, which knows its input; leave out --input-scaling.")
    return checkpoint


def read_checkpoints(paths: Sequence[Path], foreign: Sequence[ForeignWeights]) -> list[Checkpoint]:
    """Read several checkpoints, each by its choices.

    Those about weights are for those of other programs; the same network's file for all is for those that need one.
    Raises `UsageError` if there are choices and nothing that they are about, and as `read_checkpoint` does.
    """
    checkpoints = [
        _read_own(path) or load_checkpoint(path, each.key) for path, each in zip(paths, foreign, strict=True)
    ]
    if any(foreign) and all(checkpoint.training for checkpoint in checkpoints):
        raise UsageError(
            "Both checkpoints were trained by this program, which knows their weights and input; leave out --key and "
            "--input-scaling."
        )
    own = [checkpoint.own for checkpoint in checkpoints]
    is_for_all = any(own) and len({each.network for each in foreign}) == 1
    if is_for_all and foreign[0].network and len({each.source.file.name for each in own if each}) > 1:
        raise UsageError("The checkpoints are of different networks of your own; give --model twice, of A, then of B.")
    for path, needed, each in zip(paths, own, foreign, strict=True):
        if needed or not is_for_all:
            require_network(path, needed, each.network)
    return checkpoints


def _read_own(path: Path) -> Checkpoint | None:
    """Read a checkpoint of this program; None for any other file."""
    try:
        checkpoint = load_checkpoint(path)
    except EmnistTuiError:
        return None  # such as one of several weights, which a key chooses
    return checkpoint if checkpoint.training else None


def needs_images(checkpoint: Checkpoint, foreign: ForeignWeights) -> bool:
    """Return whether restoring takes train images.

    It does where some of the input is to be recognized.
    """
    return checkpoint.training is None and None in parse(foreign.input_scaling or "auto")


def restore_network(path: Path, checkpoint: Checkpoint, foreign: ForeignWeights, train: Split | None) -> Restored:
    """Restore a checkpoint's network on the CPU.

    A network of one's own is that of the file in `foreign`, which is run. The input of a foreign network, which its
    file does not record, is the user's choice, or recognized on a sample of `train`, which may be None where nothing is
    to be recognized.
    """
    if checkpoint.own:
        return _restore_own(path, checkpoint.own, checkpoint.state_dict, foreign)
    model = build_model(checkpoint.model)
    model.load_state_dict(checkpoint.state_dict)
    model.eval()
    if checkpoint.training:
        return Restored(model, PLAIN)
    scaling, orientation = parse(foreign.input_scaling or "auto")
    if scaling and orientation:
        return _adapted(model, InputFormat(scaling, orientation))
    assert train is not None
    found = recognize_input(model, train, (scaling, orientation))
    return _adapted(model, found.input, _describe_doubt(path, checkpoint, found) if found.is_doubtful else None)


def _restore_own(path: Path, own: OwnNetwork, weights: StateDict, chosen: ForeignWeights) -> Restored:
    """Restore a network of one's own.

    This runs the file that the user named, and no other.
    """
    require_network(path, own, chosen.network)
    definition = load_definition(chosen.network or "")
    if definition.source is None:
        raise UsageError(f"{path} holds weights of a network of your own; name its file with --model FILE.py:NAME.")
    network, file = definition.build(), definition.source.file
    restore_weights(path, own, weights, network, file)
    network.eval()
    with explained(file, "the network cannot be copied"):
        twin = copy.deepcopy(network)
    check_evaluation(file, twin)  # a copy, since what a pass keeps would stay on the CPU
    return Restored(network, PLAIN, own.source.describe_change(definition.source))


def checkpoint_loaded(
    path: Path, checkpoint: Checkpoint, restored: Restored, dataset: Dataset | None, device: str
) -> CheckpointLoaded:
    """Compose the event of a restored network, to be used on `dataset`."""
    training, is_foreign = checkpoint.training, checkpoint.training is None
    return CheckpointLoaded(
        file=path.name,
        model=checkpoint.model,
        parameters=count_parameters(restored.network),
        data=dataset.name if dataset else "",
        device=device,
        epoch=training.progress.epoch if training else None,
        step=training.progress.step if training else None,
        weights=checkpoint.key or None,
        other_weights=list(checkpoint.other_keys) or None,
        input_scaling=str(restored.input.scaling) if is_foreign else None,
        orientation=str(restored.input.orientation) if is_foreign else None,
        warning=restored.warning,
    )


def _adapted(model: nn.Module, trained_on: InputFormat, warning: str | None = None) -> Restored:
    network = model if trained_on == PLAIN else Adapted(model, trained_on).eval()
    return Restored(network, trained_on, warning)


def _describe_doubt(path: Path, checkpoint: Checkpoint, found: Recognized) -> str:
    others = listed(checkpoint.other_keys)
    return (
        f"{path.name} classifies only {found.accuracy * 100:.1f} % of {found.images:,} train images correctly with "
        f"input {found.input.orientation}-{found.input.scaling}, and no usual input fits better; if it is a trained "
        "network, name the input it was trained on with --input-scaling"
        + (f", or other weights than {listed([checkpoint.key])} with --key, such as {others}." if others else ".")
    )
