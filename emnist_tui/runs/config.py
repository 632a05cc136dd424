"""What a training run is asked to do."""

import re
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from emnist_tui.runs.errors import UsageError

_SEED_LIMIT = 2**32
_RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class TrainConfig:
    """The documented recipe by default. Every value is checked on construction (`UsageError`)."""

    data: str = "auto"
    """`auto`, `emnist`, `synthetic`, or the path of a data folder or archive."""
    model: str = "baseline"
    """A name in `learning.models`."""
    epochs: int = 3
    """Passes over the train split."""
    batch_size: int = 32
    """Images per optimizer step."""
    learning_rate: float = 0.01
    """Adam's step size."""
    seed: int = 0
    """Below 2³²; of the initial weights and of the order of the images."""
    device: str = "auto"
    """`auto` (CUDA if there, else CPU), `cpu` or `cuda`."""
    threads: int | None = None
    """CPU threads of torch; None leaves the choice to the trainer."""
    validation: int = 0
    """Images held out from the end of the shuffled train split; 0 evaluates on test after each epoch."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if problem := explain_bad_value(field.name, getattr(self, field.name)):
                value = getattr(self, field.name)
                raise UsageError(f"{field.name.replace('_', ' ').capitalize()} {problem}, not {value!r}.")

    def with_next_seed(self) -> Self:
        return replace(self, seed=(self.seed + 1) % _SEED_LIMIT)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Ignores keys it does not know, so that an older program reads a newer run."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


def explain_bad_value(name: str, value: Any) -> str | None:
    """What is wrong with a `TrainConfig` value, as the end of a sentence; None when nothing is."""

    def whole(low: int, high: int) -> str | None:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return None
        return f"must be a whole number, {low:,} to {high:,}"

    match name:
        case "data":
            return None if isinstance(value, str) and value.strip() else "must not be empty"
        case "model":
            # The name of a run's folder begins with it.
            return None if isinstance(value, str) and _RUN_NAME.fullmatch(value) else "must be a model's name"
        case "epochs":
            return whole(1, 10_000)
        case "batch_size":
            return whole(1, 65_536)
        case "seed":
            return whole(0, _SEED_LIMIT - 1)
        case "threads":
            return None if value is None else whole(1, 1024)
        case "validation":
            return whole(0, 1_000_000)
        case "device":
            return None if value in ("auto", "cpu", "cuda") else "must be auto, cpu or cuda"
        case "learning_rate":
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 100:
                return None
            return "must be a number above 0, at most 100"
    return None


def explain_bad_run_name(name: str) -> str | None:
    """What is wrong with the name of a new run, as the end of a sentence; None when nothing is."""
    if _RUN_NAME.fullmatch(name):
        return None
    return "must be 1 to 100 letters, digits, dots, dashes or underscores, and start with a letter or digit"
