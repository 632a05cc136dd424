"""Sentences of the form about a new run."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from emnist_tui.runs.config import AUTOMATIC_THREADS, TrainConfig, offered_devices
from emnist_tui.runs.data_paths import SOURCES
from emnist_tui.runs.known_run import KnownRun
from emnist_tui.runs.known_runs import OF_WAY, Estimate, KnownRuns
from emnist_tui.runs.models import MODELS, Model, model_label
from emnist_tui.runs.recipe import differences, recipe_values
from emnist_tui.runs.sweeps.spare_workers import spare_workers
from emnist_tui.text.formats import count, duration, percent
from emnist_tui.tui.widgets.new_run.choice_box import Choice
from emnist_tui.tui.widgets.recipe_facts import spelled

_SOURCES = {
    "emnist": "EMNIST digits",
    "synthetic": "synthetic digits",
}
_DRIVER = Path("/proc/driver/nvidia")
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_HIDDEN = f"{_VISIBLE} hides every GPU"


def model_choices(known: KnownRuns) -> list[Choice]:
    """List the networks, then those of one's own that were trained before."""
    own = [model for model in known.models if model not in MODELS]
    return [
        *(
            Choice(name, (f"{count(model.parameters)} parameters", _accuracy(model)), model.summary)
            for name, model in MODELS.items()
        ),
        *(Choice(model, ("", ""), "your own") for model in own),
    ]


def data_choices(known: KnownRuns) -> list[Choice]:
    """List the named sources, then the paths that were used before."""
    words = {
        "auto": f"now {_SOURCES[known.auto_source]}",
        "emnist": "the official digits",
        "synthetic": "pen strokes that the program draws",
    }
    paths = [source for source in known.sources if source not in SOURCES]
    return [*(Choice(source, (), words[source]) for source in SOURCES), *(Choice(path) for path in paths)]


def device_choices(known: KnownRuns) -> list[Choice]:
    """List the devices, with each of several NVIDIA GPUs."""
    words = {
        "auto": auto_device(known),
        "cpu": "the processor",
        "cuda": "an NVIDIA GPU",
        "mps": "a Mac's GPU, untested",
    }
    cards = _count_cards()
    return [
        *(Choice(device, (), words[device]) for device in offered_devices()),
        *(
            Choice(f"cuda:{card}", (), f"one of {cards} GPUs, counted from 0")
            for card in range(cards if cards > 1 else 0)
        ),
    ]


def plain_choices(values: Sequence[str]) -> list[Choice]:
    """List values that need no words."""
    return [Choice(value) for value in values]


def model_facts(name: str) -> tuple[str, str]:
    """Return a model's size and accuracy, and a line about it."""
    if model := MODELS.get(name):
        return f"{count(model.parameters)} parameters, {_accuracy(model)}", model.summary
    return f"{model_label(name)}, your own", "checked with one batch before it trains"


def _accuracy(model: Model) -> str:
    return f"{percent(model.accuracy)} on real digits"


def data_facts(text: str, known: KnownRuns) -> str:
    """Return what a source of data is now."""
    if text == "auto":
        source = known.auto_source
        return _SOURCES[source] + ("" if source == "emnist" else "; EMNIST is missing")
    return _SOURCES.get(text, text)


def rate_facts(course: str | None) -> str:
    """Return what the learning rate is on the course of a schedule."""
    return f"peak step size, {course}" if course else "step size"


def device_facts(text: str, known: KnownRuns) -> str:
    """Return what is known of a device."""
    if text == "auto":
        return auto_device(known)
    if text == "mps":
        return "untested" if text in offered_devices() else "only on a Mac"
    if text == "cpu":
        return ""
    if not _has_driver():
        return "no NVIDIA driver is seen here"
    return _HIDDEN if _hides_cards() else ""


def auto_device(known: KnownRuns) -> str:
    """Return what is known of the device that torch will find."""
    if _hides_cards():
        return f"cpu: {_HIDDEN}"
    if (run := known.auto_device) and not _was_elsewhere(run):
        return f"{run.started.device}, as in {run.name}"
    if _has_driver():
        return "cuda if torch finds it, else cpu"
    return "probably cpu: no NVIDIA driver is seen"


def _was_elsewhere(run: KnownRun) -> bool:
    """Return whether a run used a GPU of another machine.

    Machines of a cluster share folders of runs.
    """
    return run.device.startswith("cuda") and not _has_driver()


def _has_driver() -> bool:
    return _DRIVER.exists() or shutil.which("nvidia-smi") is not None


def _hides_cards() -> bool:
    """Return whether the environment hides every GPU."""
    return os.environ.get(_VISIBLE, "all").strip() in ("", "-1")


def _count_cards() -> int:
    """Count the driver's GPUs, unless the environment selects some."""
    return 0 if os.environ.get(_VISIBLE) else sum(1 for _ in (_DRIVER / "gpus").glob("*"))


def estimated(config: TrainConfig, known: KnownRuns) -> str | None:
    """Return how long a run takes; None if nothing tells."""
    estimate = known.estimate(config)
    if estimate and config.device == "auto" and _was_elsewhere(estimate.run):
        return None
    bound = _bound(estimate, config) if estimate else None
    return f"{bound} {_roughly(estimate.seconds)}, {_describe_speed(estimate)}" if estimate and bound else None


def _bound(estimate: Estimate, config: TrainConfig) -> str | None:
    """Return how the supposed time bounds that of a run.

    None if it tells nothing. A run whose way of computing steps is another tells only which of the two takes longer,
    and that only if it differs in nothing else.
    """
    of_way = [name for name in OF_WAY if name in estimate.differs]
    if not of_way:
        return "at most about" if config.patience else "about"
    are_added = {bool(getattr(config, name)) for name in of_way}
    if len(of_way) < len(estimate.differs) or len(are_added) > 1:
        return None
    if are_added == {False}:
        return "less than"
    return None if config.patience else "more than"


def _describe_speed(estimate: Estimate) -> str:
    """Name the run whose speed is supposed, and how it differs most."""
    run, config = estimate.run.name, estimate.run.config
    match next(iter(estimate.differs), None):
        case None:
            return f"as {run} ran"
        case "batch_size":
            how = f"with batches of {count(config.batch_size)}"
        case "threads":
            threads = config.threads or AUTOMATIC_THREADS
            how = f"on {threads} thread{'s' * (threads != 1)}"
        case "optimizer":
            how = f"with {config.optimizer}"
        case other:
            how = f"{'with' if getattr(config, other) else 'without'} {other.replace('_', ' ')}"
    return f"at the speed of {run} {how}"


def _roughly(seconds: float) -> str:
    """Format seconds with the accuracy of an estimate: `4 m`."""
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    if seconds < 100:
        return f"{round(seconds / 5) * 5} s"
    minutes = round(seconds / 60)
    return f"{minutes} m" if minutes < 60 else duration(minutes * 60)


def warning_of_seed(config: TrainConfig, known: KnownRuns) -> str | None:
    """Warn of a dead or weak seed, or of an equal run."""
    if run := known.died_in(config):
        return f"died in {run}; try {known.next_alive(config).seed}"
    if (same := known.same_as(config)) is None:
        lost = known.lost_units_in(config)
        return f"lost filters in {lost}; try {known.next_alive(config).seed}" if lost else None
    ended = same.ended
    if ended is None:
        end = "failed" if same.has_failed else "not ended"
    elif ended.reason == "finished" and ended.test_accuracy is not None:
        end = percent(ended.test_accuracy, 2)
    else:
        end = ended.reason
    return f"same as {same.name} ({end})"


def comparison(config: TrainConfig, invalid: Sequence[str] = ()) -> str:
    """Return the recipe with what differs from it, as a line.

    A file without a recipe has the baseline's. Fields whose text is `invalid` are named.
    """
    has_default = recipe_values(config.model) == recipe_values("baseline")
    recipe = f"{'baseline' if has_default else model_label(config.model)}'s recipe"
    changed = differences(config)
    words = f"{recipe}, except {spelled(changed)}" if changed else recipe
    if invalid:
        return f"{words}; invalid: {', '.join(name.replace('_', ' ') for name in invalid)}"
    return words if changed else f"{recipe}, unchanged"


def group_facts(config: TrainConfig | None, seeds: int) -> str:
    """Describe the seeds of a group, and how many train at once."""
    if config is None or seeds < 2:
        return ""
    workers = spare_workers(config, seeds)
    return f"{config.seed} to {config.seed + seeds - 1}, {workers} run{'s' * (workers != 1)} at once"
