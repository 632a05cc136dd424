"""Configuration of a training run."""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.models import recipe_of
from emnist_tui.runs.network_files import NetworkFile

DEVICES = ("auto", "cpu", "cuda", "mps")
"""Names of devices; `cuda:N` is one of several GPUs."""
OPTIMIZERS = ("adam", "adamw", "sgd")
SCHEDULES = ("constant", "cosine", "one-cycle")
AUTOMATIC = "auto"
"""Spelling of None where it leaves a choice to the program."""
AUTOMATIC_THREADS = 1
"""CPU threads where the configuration names no number; see `learning.models.device`."""
CHANGEABLE = ("data", "model", "epochs", "keep_epochs", "patience", "device", "threads")
"""Fields that may change when a run is resumed; the model only to another file of a network of one's own."""
_NOT_OF_A_RECIPE = ("model", "data")
_SEED_LIMIT = 2**32
_MOST_EPOCHS = 10_000
_DEVICE = re.compile(rf"{'|'.join(DEVICES)}|cuda:(0|[1-9][0-9]{{0,2}})")
_RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class TrainConfig:
    """Configuration of a run, by default the documented recipe.

    Raises `UsageError` if a value is invalid.
    """

    data: str = "auto"
    """`auto`, `emnist`, `synthetic`, or the path of a data folder or archive."""
    model: str = "baseline"
    """Name of a model in `runs.models`, or a network of one's own as `/path/to/file.py:Name`."""
    epochs: int = 3
    """Passes over the train split."""
    batch_size: int = 32
    """Images per optimizer step."""
    learning_rate: float = 0.01
    """The optimizer's step size; with a schedule, the highest of the run."""
    seed: int = 0
    """Seed of the initial weights and the batch order, below 2³²."""
    device: str = "auto"
    """`auto` (CUDA if available, else CPU), `cpu`, `cuda`, `cuda:N` or `mps`."""
    threads: int | None = None
    """CPU threads of torch; None leaves the choice to the trainer."""
    validation: int = 0
    """Images held out from the end of the shuffled train split; 0 evaluates on test after each epoch."""
    keep_epochs: int = 10
    """Newest epochs whose checkpoints and evaluations are kept."""
    optimizer: str = "adam"
    """`adam`, `adamw`, or `sgd` with momentum; see `learning.training.optimizer`."""
    schedule: str = "constant"
    """Course of the learning rate: `constant`, `cosine` or `one-cycle`; see `runs.schedule`."""
    warmup: float | None = None
    """Share of the run's steps, 0 to 0.9, over which the learning rate rises; None is 0.25 for `one-cycle`, else 0."""
    weight_decay: float = 0.0
    """Decay of all weights but biases and those of norms, relative to the learning rate."""
    label_smoothing: float = 0.0
    """Probability, 0 to 0.9, that the targets spread over all classes."""
    augmentation: float = 0.0
    """Strength, 0 to 1, of the random distortion of train images; see `learning.data.augmentation`."""
    ema: float = 0.0
    """Decay per step, 0 to 0.99999, of the moving average of the weights that is evaluated; 0 evaluates the last."""
    patience: int = 0
    """Epochs without a better validation accuracy after which the run ends early; 0 trains all epochs."""
    clip_norm: float = 0.0
    """Largest norm of the gradient, to which a larger one is scaled; 0 clips none."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if problem := explain_bad_value(field.name, value):
                raise UsageError(_refuse(field.name, problem, value))
        if self.patience and not self.validation:
            raise UsageError(
                "Patience is counted in epochs without a better validation accuracy; hold out images with --validation."
            )

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Return a model's recipe, with other `values`.

        Without a model it is the documented one. Raises `UsageError` if a value is invalid, or the recipe of a network
        of one's own.
        """
        return cls(**{**valid_recipe(values.get("model", cls.model)), **values})

    def with_next_seed(self) -> Self:
        return replace(self, seed=(self.seed + 1) % _SEED_LIMIT)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Restore a configuration, ignoring unknown keys of newer versions.

        A run of an earlier version, which kept every epoch, goes on to.
        """
        known = {field.name for field in fields(cls)}
        values = {"keep_epochs": _MOST_EPOCHS, **values}
        return cls(**{name: value for name, value in values.items() if name in known})


@dataclass(frozen=True)
class _Rule:
    """Requirement on one value of a configuration."""

    is_met: Callable[[Any], bool]
    requirement: str
    """Second half of a sentence about the value."""


def _whole_number(low: int, high: int, *, optional: bool = False) -> _Rule:
    def is_met(value: Any) -> bool:
        if value is None:
            return optional
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return _Rule(is_met, f"must be a whole number, {low:,} to {high:,}")


def _number(low: float, high: float, *, optional: bool = False) -> _Rule:
    def is_met(value: Any) -> bool:
        if value is None:
            return optional
        return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high

    return _Rule(is_met, f"must be a number from {_short(low)} to {_short(high)}")


def _number_or_zero(low: float, high: float) -> _Rule:
    number = _number(low, high)
    return _Rule(lambda value: value == 0 or number.is_met(value), number.requirement.replace("be", "be 0 or", 1))


def _short(number: float) -> str:
    return f"{number:,}" if number >= 1_000 else f"{number:g}".replace("e-0", "e-")


def _choice(*names: str) -> _Rule:
    return _Rule(lambda value: value in names, f"must be {', '.join(names[:-1])} or {names[-1]}")


def _is_model_name(value: Any) -> bool:
    """Accept names that may start a folder's, and absolute network files."""
    if not isinstance(value, str):
        return False
    file = NetworkFile.parse(value)
    return file.is_absolute if file else _RUN_NAME.fullmatch(value) is not None


def offered_devices() -> tuple[str, ...]:
    """Return the names of devices that this kind of machine may have."""
    return tuple(name for name in DEVICES if name != "mps" or sys.platform == "darwin")


def _is_device(value: Any) -> bool:
    return isinstance(value, str) and _DEVICE.fullmatch(value) is not None


_RULES = {
    "data": _Rule(lambda value: isinstance(value, str) and bool(value.strip()), "must not be empty"),
    "model": _Rule(_is_model_name, "must be a model's name"),
    "epochs": _whole_number(1, _MOST_EPOCHS),
    "batch_size": _whole_number(1, 65_536),
    "learning_rate": _number(1e-9, 100),  # a smaller step leaves most float32 weights as they are
    "seed": _whole_number(0, _SEED_LIMIT - 1),
    "device": _Rule(_is_device, "must be auto, cpu, cuda, cuda:N or mps"),
    "threads": _whole_number(1, 1024, optional=True),
    "validation": _whole_number(0, 1_000_000),
    "keep_epochs": _whole_number(1, _MOST_EPOCHS),
    "optimizer": _choice(*OPTIMIZERS),
    "schedule": _choice(*SCHEDULES),
    "warmup": _number(0, 0.9, optional=True),
    "weight_decay": _number(0, 10),
    "label_smoothing": _number(0, 0.9),
    "augmentation": _number(0, 1),
    "ema": _number(0, 0.99999),
    "patience": _whole_number(0, _MOST_EPOCHS),
    "clip_norm": _number_or_zero(1e-6, 10_000),  # shorter gradients are lost in float32
}
"""Requirement on every field of `TrainConfig`."""


def explain_bad_value(name: str, value: Any) -> str | None:
    """Explain why a value of `TrainConfig` is invalid, if it is.

    The explanation is the second half of a sentence, such as `must be adam, adamw or sgd`.
    """
    rule = _RULES[name]
    return None if rule.is_met(value) else rule.requirement


def valid_recipe(model: str) -> Mapping[str, Any]:
    """Return the fields that a model's recipe sets.

    Each has a valid value. Raises `UsageError` if a network of one's own has no such recipe.
    """
    recipe = recipe_of(model)
    for name, value in recipe.items():
        if name not in _RULES or name in _NOT_OF_A_RECIPE:
            raise UsageError(f"The RECIPE of {model} sets {name!r}, which no recipe has; leave it out.")
        if problem := explain_bad_value(name, value):
            raise UsageError(f"In the RECIPE of {model}, {name} {problem}, not {value!r}; correct the file.")
    return recipe


def parse_learning_rate(text: str) -> float:
    """Parse a learning rate.

    Raises `UsageError`, with the sentence of `TrainConfig`, if it is invalid.
    """
    try:
        value: float | str = float(text)
    except ValueError:
        value = text
    if problem := explain_bad_value("learning_rate", value):
        raise UsageError(_refuse("learning_rate", problem, value))
    return float(value)


def _refuse(name: str, problem: str, value: Any) -> str:
    is_nested = isinstance(value, dict | list | tuple)  # which a hostile file may make endless
    given = f"a {type(value).__name__}" if is_nested else repr(value)
    return f"{name.replace('_', ' ').capitalize()} {problem}, not {given}."


def explain_bad_run_name(name: str) -> str | None:
    """Explain why a new run's name is invalid, if it is."""
    if _RUN_NAME.fullmatch(name):
        return None
    return "must be 1 to 100 letters, digits, dots, dashes or underscores, and start with a letter or digit"
