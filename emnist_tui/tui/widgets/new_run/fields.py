"""Fields of the form for a new run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emnist_tui.runs.config import AUTOMATIC_THREADS, TrainConfig, explain_bad_run_name, explain_bad_value
from emnist_tui.runs.data_paths import SOURCES, data_root, has_digits
from emnist_tui.runs.digit_files import explain_bad_source
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.models import MODELS, resolve_model
from emnist_tui.runs.recipe import explain_bad_model
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.space import MOST_VALUES
from emnist_tui.runs.user_paths import pasted_path
from emnist_tui.text.formats import exact


@dataclass(frozen=True)
class Field:
    """Hint and placeholder of a field."""

    hint: str = ""
    """Words beside a valid value, unless something is known of it."""
    blank: str = ""
    """Value of no text, as a placeholder."""


ROWS = {
    "name": Field(blank="next free number"),
    "model": Field(),
    "data": Field(),
    "device": Field(),
    "epochs": Field("passes over the images"),
    "batch_size": Field("images per step"),
    "learning_rate": Field(),
    "seed": Field("of initial weights and batch order"),
}
"""Fields with a row of their own, in order."""
PAIRS = {
    "optimizer": Field(),
    "schedule": Field(),
    "warmup": Field("share of steps"),
    "ema": Field("decay"),
    "weight_decay": Field(),
    "label_smoothing": Field("0 to 0.9"),
    "augmentation": Field("0 to 1"),
    "clip_norm": Field("0: none"),
    "validation": Field("images"),
    "patience": Field("epochs"),
    "threads": Field("on CPU", str(AUTOMATIC_THREADS)),
    "seeds": Field("runs", "1"),
}
"""Fields of which two share a row."""
FIELDS = {**ROWS, **PAIRS}
OF_CONFIG = tuple(name for name in FIELDS if name not in ("name", "seeds"))

_WORDS = ("model", "data", "device", "optimizer", "schedule")
_OPTIONAL = ("threads", "warmup")
_NUMBERS = ("learning_rate", "warmup", "weight_decay", "label_smoothing", "augmentation", "ema", "clip_norm")


def written(value: Any) -> str:
    """Write a value of `TrainConfig` as the text of its field."""
    if value is None:
        return ""
    return exact(value) if isinstance(value, float) else str(value)


def parse(name: str, text: str) -> Any:
    """Read the text of a field.

    Text that is no number stays text, which no number's check accepts. Raises `UsageError` for an impossible path and
    an unknown model.
    """
    if name == "data" and text and text not in SOURCES:
        return str(pasted_path(text).absolute())
    if name == "model" and text not in MODELS:
        return resolve_model(text)
    if name in _WORDS:
        return text
    if name in _OPTIONAL and not text:
        return None
    if name == "seeds" and not text:
        return 1
    try:
        return float(text) if name in _NUMBERS else int(text.replace(",", ""))
    except ValueError:
        return text


def explain(name: str, text: str, root: Path) -> str | None:
    """Explain why the text of a field is invalid, if it is.

    `root` is the runs directory.
    """
    try:
        match name:
            case "name":
                return _explain_bad_name(text, root)
            case "model":
                return explain_bad_model(text)
            case "data":
                return _explain_bad_data(text)
            case "seeds":
                return explain_bad_count(parse(name, text), MOST_VALUES)
        return explain_bad_value(name, parse(name, text))
    except UsageError as error:
        return str(error)


def explain_bad_count(value: object, most: int) -> str | None:
    """Explain why a value is no number from 1 to `most`."""
    return None if isinstance(value, int) and 1 <= value <= most else f"must be a whole number, 1 to {most:,}"


def explain_patience(patience: str, validation: str) -> str | None:
    """Explain why patience lacks validation images, if it does."""
    if parse("patience", patience) and not parse("validation", validation):
        return "needs validation images, whose accuracy it watches"
    return None


def _explain_bad_name(text: str, root: Path) -> str | None:
    if not text:
        return None
    is_taken = RunFolder(root / text).exists() or SweepFolder(root / text).exists()
    return explain_bad_run_name(text) or ("already exists; choose another" if is_taken else None)


def _explain_bad_data(text: str) -> str | None:
    if text == "emnist" and not has_digits(data_root()):
        return "the EMNIST digits are not installed"
    if text in SOURCES or not text:
        return explain_bad_value("data", text)
    return explain_bad_source(pasted_path(text))


def initial(config: TrainConfig) -> dict[str, str]:
    """Return the text of every field that shows a configuration."""
    values = config.to_json()
    return {"name": "", "seeds": "", **{name: written(values[name]) for name in OF_CONFIG}}
