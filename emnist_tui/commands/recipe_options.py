"""The options of `train` that are fields of a run's configuration."""

import argparse
from collections.abc import Callable
from typing import Any

from emnist_tui.commands import options as shared
from emnist_tui.runs.config import AUTOMATIC, AUTOMATIC_THREADS, OPTIMIZERS, SCHEDULES, TrainConfig
from emnist_tui.runs.models import MODELS, resolve_model
from emnist_tui.text.formats import count, percent


def add_recipe_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for each field of `TrainConfig`.

    None has a default here: with `--resume`, an option that is not given comes from the run, else from the model.
    """
    defaults = TrainConfig()
    absent: dict[str, Any] = {"default": argparse.SUPPRESS}
    whole: dict[str, Any] = {"type": int, "metavar": "N", **absent}
    number: dict[str, Any] = {"type": float, "metavar": "X", **absent}
    parser.epilog, parser.formatter_class = _list_models(), argparse.RawDescriptionHelpFormatter
    run = parser.add_argument_group("the run")
    run.add_argument("--data", **absent, help=f"auto, emnist, synthetic or a path ({defaults.data})")
    run.add_argument("--model", **absent, help=f"see below, or your own as FILE.py:NAME ({defaults.model})")
    run.add_argument("--seed", **whole, help=f"initial weights and batch order ({defaults.seed})")
    run.add_argument("--device", **absent, help=f"{shared.DEVICE_HELP} ({defaults.device})")
    run.add_argument(
        "--threads", **{**whole, "type": _automatic_or(int)}, help=f"CPU threads (auto: {AUTOMATIC_THREADS})"
    )
    run.add_argument("--validation", **whole, help=f"images held out of the train split ({defaults.validation})")
    run.add_argument("--patience", **whole, help="stop after N epochs without a better validation accuracy (0: never)")
    run.add_argument("--keep-epochs", **whole, help=f"newest epochs whose files are kept ({defaults.keep_epochs})")
    recipe = parser.add_argument_group("the recipe; by default the model's, in brackets the baseline's")
    recipe.add_argument("--epochs", **whole, help=f"passes over the train split ({defaults.epochs})")
    recipe.add_argument("--batch-size", **whole, help=f"images per step ({defaults.batch_size})")
    recipe.add_argument("--optimizer", **absent, help=f"{_either(OPTIMIZERS)} ({defaults.optimizer})")
    recipe.add_argument(
        "--learning-rate", **number, help=f"step size, with a schedule its peak ({defaults.learning_rate})"
    )
    recipe.add_argument("--schedule", **absent, help=f"{_either(SCHEDULES)} ({defaults.schedule})")
    recipe.add_argument(
        "--warmup",
        **{**number, "type": _automatic_or(float)},
        help="share of the steps with a rising rate (auto: one-cycle 0.25, else 0)",
    )
    recipe.add_argument("--weight-decay", **number, help="of kernels and matrices (0)")
    recipe.add_argument("--label-smoothing", **number, help="0 to 0.9 (0)")
    recipe.add_argument("--augmentation", **number, help="strength of random distortions, 0 to 1 (0)")
    recipe.add_argument("--ema", **number, help="evaluate a moving average of the weights, of this decay (0: none)")
    recipe.add_argument("--clip-norm", **number, help="largest norm of the gradient (0: none)")


def config_values(options: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of `TrainConfig` that were given as options.

    Raises `UsageError` for an unknown model, or a file that is not there.
    """
    values = {name: getattr(options, name) for name in TrainConfig().to_json() if hasattr(options, name)}
    if "model" in values:
        values["model"] = resolve_model(values["model"])
    if "data" in values:
        values["data"] = shared.absolute_if_path(values["data"])
    return values


def _automatic_or(kind: Callable[[str], float]) -> Callable[[str], float | None]:
    """Return the type of an option that also takes `auto`."""

    def parse(text: str) -> float | None:
        return None if text == AUTOMATIC else kind(text)

    parse.__name__ = kind.__name__  # argparse names it where the text is neither
    return parse


def _either(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _list_models() -> str:
    """List the networks with their parameters and expected accuracy."""
    lines = (
        f"  {name:9} {count(model.parameters):>6} parameters, about {percent(model.accuracy)}\n    {model.summary}\n"
        for name, model in MODELS.items()
    )
    return f"models and their test accuracy on real digits (`emnist-tui help networks`):\n{''.join(lines)}"
