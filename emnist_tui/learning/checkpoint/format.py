"""Checkpoint files: tensors and primitives, written atomically and read without trust.

A checkpoint of this program resumes training exactly. Files of other programs are read as well, for their weights.
"""

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Any, Self, TypeVar

import torch
from torch import Tensor

from emnist_tui.learning.checkpoint.containers import read_content
from emnist_tui.learning.checkpoint.own_network import OwnNetwork, StateDict, plain_weights, require_finite
from emnist_tui.learning.checkpoint.refusals import damaged
from emnist_tui.learning.checkpoint.state_dict import fit_model, match_model, trained_weights
from emnist_tui.runs.atomic_files import replacing
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.models import MODELS

FORMAT_VERSION = 1
_VERSION_KEY, _WEIGHTS_KEY, _NETWORK_KEY, _BEST_EPOCH = "emnist_tui_format", "state_dict", "network", "best_epoch"
_OPTIMIZER_VECTORS = {"sgd": {"momentum_buffer"}}
_ADAM_VECTORS = {"exp_avg", "exp_avg_sq"}
OptimizerState = dict[int, dict[str, Tensor]]
_T = TypeVar("_T")


@dataclass
class Progress:
    """Training progress: per-batch state besides weights and optimizer."""

    epoch: int = 1
    """Epoch of the last batch, from 1."""
    batch: int = 0
    """Batches trained in this epoch."""
    step: int = 0
    """Optimizer steps of the whole run."""
    loss_sum: float = 0.0
    """Summed loss of the images trained in this epoch, in nats."""
    correct: int = 0
    """Images of this epoch that were classified correctly when they were trained."""
    seconds: float = 0.0
    """Training time of this epoch."""
    evaluated: bool = False
    """Whether the epoch and its evaluation have finished."""
    best_accuracy: float = -1.0
    """Best accuracy on the validation split after any epoch so far; below 0 without a validation split."""
    best_epoch: int = 0
    """Epoch of that accuracy; 0 before the first."""

    def entering(self, epoch: int) -> Self:
        """Return the progress before the first batch of an epoch."""
        return type(self)(epoch=epoch, step=self.step, best_accuracy=self.best_accuracy, best_epoch=self.best_epoch)

    def count(self, correct: Sequence[int], loss_sums: Sequence[float]) -> None:
        """Count batches as trained.

        Of each there are the correctly classified images, and the sum of its losses in nats.
        """
        self.batch += len(correct)
        self.step += len(correct)
        self.correct += sum(correct)
        for loss in loss_sums:  # one by one, so that the sum does not depend on when batches were counted
            self.loss_sum += loss


@dataclass(frozen=True, eq=False)
class TrainingState:
    """State besides the weights that an exact resume needs."""

    progress: Progress
    optimizer: OptimizerState
    """Adam's `step`, `exp_avg` and `exp_avg_sq`, or SGD's `momentum_buffer`, by parameter number."""
    random: dict[str, Tensor]
    """States of torch's random generators, uint8, by device type: `cpu`, and that of a GPU that the run used."""
    config: TrainConfig
    data: str
    """Name of the dataset."""
    fingerprint: str
    """Fingerprint of the dataset's contents."""
    metrics: dict[str, float]
    """Metrics of the last finished epoch: `train_loss`, `train_accuracy`, and `test_…` or `validation_…`."""
    trained_weights: StateDict | None = None
    """Weights that training continues from, if others are evaluated: their moving average."""

    @property
    def is_tested(self) -> bool:
        """Whether the epoch has finished and the test split was evaluated."""
        return self.progress.evaluated and "test_accuracy" in self.metrics


def is_exhausted(progress: Progress, config: TrainConfig) -> bool:
    """Return whether `patience` epochs brought no better validation accuracy.

    An epoch that has begun is finished first.
    """
    return bool(config.patience) and progress.evaluated and progress.epoch - progress.best_epoch >= config.patience


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A network's weights, and the state of the run that trained them."""

    model: str
    """Name of the model in `MODELS`, or the label of a network of one's own."""
    state_dict: StateDict
    """Weights, finite, on the CPU; float32, except for the counters of a network of one's own."""
    training: TrainingState | None = None
    """Training state; None if the file was not written by this program."""
    key: str = ""
    """Dotted key of the weights in a foreign file, such as `ema.model`; empty if they are the file's content itself."""
    other_keys: tuple[str, ...] = ()
    """Keys of other values in the file that fit as well and were not used."""
    own: OwnNetwork | None = None
    """The network, if it is one's own; its file may have changed since."""


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint atomically.

    Raises `OSError` if it cannot be written; an existing file then stays as it was.
    """
    content: dict[str, Any] = {
        _VERSION_KEY: FORMAT_VERSION,
        "model": checkpoint.model,
        "state_dict": checkpoint.state_dict,
    }
    if checkpoint.own:
        content[_NETWORK_KEY] = checkpoint.own.to_content()
    if training := checkpoint.training:
        content |= {
            # Apart, because earlier versions refuse progress of more values.
            "progress": {name: value for name, value in asdict(training.progress).items() if name != _BEST_EPOCH},
            _BEST_EPOCH: training.progress.best_epoch,
            "optimizer": training.optimizer,
            "random": training.random,
            "config": training.config.to_json(),
            "data": training.data,
            "fingerprint": training.fingerprint,
            "metrics": training.metrics,
        }
        if training.trained_weights is not None:
            content["trained_weights"] = training.trained_weights
    packed = io.BytesIO()  # torch.save hides the OSError of a file that it writes to
    torch.save(content, packed)
    with replacing(path) as file:
        file.write(packed.getbuffer())


def load_checkpoint(path: Path, key: str | None = None) -> Checkpoint:
    """Read a checkpoint, or weights that another program saved.

    `key` chooses among several sets of weights in a foreign file; see `match_model`. Raises `UsageError` if there is no
    such file or key, or a key is needed; `EmnistTuiError` if it is not an intact checkpoint.
    """
    content = read_content(path)
    if isinstance(content.value, dict) and _VERSION_KEY in content.value:
        if key not in (None, _WEIGHTS_KEY):
            raise UsageError(f"{path} has no weights that fit under {key!r}; choose one of: {_WEIGHTS_KEY}.")
        try:
            return _parse(path, content.value)
        except UsageError as error:  # such as an optimizer of a newer version
            reason = str(error).rstrip(".")
            raise EmnistTuiError(
                f"{path} holds a configuration that is not valid here ({reason}); update emnist-tui, or choose another "
                "checkpoint."
            ) from None
        except (LookupError, AttributeError, TypeError, ValueError, RuntimeError) as error:
            raise damaged(path, " ".join(str(error).split())[:200]) from None
    try:
        match = match_model(content.subject, content.value, key)
    except (LookupError, AttributeError, TypeError, ValueError, RuntimeError) as error:
        raise damaged(path, " ".join(str(error).split())[:200]) from None
    return Checkpoint(match.model, match.weights, key=match.key, other_keys=match.other_keys)


def _parse(path: Path, content: dict[str, Any]) -> Checkpoint:
    """Parse a checkpoint of this program.

    Raises `EmnistTuiError`, or one of several built-in exceptions for an invalid entry.
    """
    version, model = content[_VERSION_KEY], content["model"]
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise EmnistTuiError(f"{path} was written by a newer emnist-tui (format {version}); update emnist-tui.")
    if _NETWORK_KEY in content:
        weights = plain_weights(path, content[_WEIGHTS_KEY])
        own = OwnNetwork.from_content(content[_NETWORK_KEY], weights)
        require_finite(path, weights, own.trained)
        return Checkpoint(own.source.file.label, weights, _parse_training(path, content, weights, own), own=own)
    if _expect(model, str) not in MODELS:
        raise EmnistTuiError(
            f"{path} is a checkpoint of the model {model!r}, which is not one of: {', '.join(MODELS)}; "
            "update emnist-tui."
        )
    state_dict = fit_model(path, content[_WEIGHTS_KEY], model)
    return Checkpoint(model, state_dict, _parse_training(path, content, state_dict))


def _parse_training(
    path: Path, content: dict[str, Any], state_dict: StateDict, own: OwnNetwork | None = None
) -> TrainingState | None:
    if "progress" not in content:
        return None
    config, trained = TrainConfig.from_json(_expect(content["config"], dict)), content.get("trained_weights")
    names = own.trained if own else trained_weights(content["model"])
    if config.ema and trained is None:
        raise ValueError("the weights that training continues from are missing")
    if trained is not None:
        trained = plain_weights(path, trained) if own else fit_model(path, trained, content["model"])
        require_finite(path, trained, names)
    progress = _parse_progress({_BEST_EPOCH: content.get(_BEST_EPOCH, 0), **dict(content["progress"])})
    if _BEST_EPOCH not in content and progress.best_accuracy >= 0:  # of an earlier version: patience counts from here
        progress.best_epoch = progress.epoch - (not progress.evaluated)
    return TrainingState(
        progress=progress,
        optimizer=_parse_optimizer(content["optimizer"], config, [state_dict[name] for name in names]),
        random=_parse_random(content["random"]),
        config=config,
        data=_expect(content["data"], str),
        fingerprint=_expect(content["fingerprint"], str),
        metrics={_expect(name, str): _number(value) for name, value in dict(content["metrics"]).items()},
        trained_weights=trained,
    )


def _parse_progress(values: Any) -> Progress:
    known = {field.name for field in fields(Progress)}
    progress = Progress(**{name: value for name, value in values.items() if name in known})
    for count in (progress.epoch, progress.batch, progress.step, progress.correct, progress.best_epoch):
        if type(count) is not int or not 0 <= count < 1 << 53:
            raise ValueError("a number is not a count")
    _expect(progress.evaluated, bool)
    for number in (progress.loss_sum, progress.seconds, progress.best_accuracy):
        _number(number)
    return progress


def _parse_optimizer(states: Any, config: TrainConfig, weights: list[Tensor]) -> OptimizerState:
    """Parse the optimizer's state, which is empty before the first step."""
    if states == {}:
        return {}
    if not isinstance(states, dict) or list(states) != list(range(len(weights))):
        raise ValueError("the optimizer state does not belong to these weights")
    for weight, state in zip(weights, states.values(), strict=True):
        shapes = dict.fromkeys(_OPTIMIZER_VECTORS.get(config.optimizer, _ADAM_VECTORS), weight.shape)
        if config.optimizer != "sgd":
            shapes["step"] = torch.Size(())
        _expect(state, dict)
        if {name: value.shape for name, value in state.items() if isinstance(value, Tensor)} != shapes:
            raise ValueError("the optimizer state does not match the weights")
        if not all(_is_plain(value) and value.isfinite().all() for value in state.values()):
            raise ValueError("the optimizer state is not finite")
    return states


def _parse_random(states: Any) -> dict[str, Tensor]:
    for state in dict(states).values():
        if not isinstance(state, Tensor) or state.dtype != torch.uint8 or state.dim() != 1 or state.numel() > 1 << 20:
            raise ValueError("the random state is invalid")
    try:
        torch.Generator().set_state(states["cpu"])
    except RuntimeError as error:
        raise ValueError(str(error)) from None
    return dict(states)


def _is_plain(value: Tensor) -> bool:
    return value.dtype == torch.float32 and value.layout == torch.strided and value.device.type == "cpu"


def _expect(value: Any, kind: type[_T]) -> _T:
    if not isinstance(value, kind):
        raise TypeError(f"a {type(value).__name__} is not a {kind.__name__}")
    return value


def _number(value: Any) -> float:
    if not isfinite(_expect(value, float)):
        raise ValueError("a number is not finite")
    return float(value)
