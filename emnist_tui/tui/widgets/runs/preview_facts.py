"""Facts about one run or checkpoint, as lines of the preview."""

from collections.abc import Sequence
from dataclasses import dataclass

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.curve_sample import Point
from emnist_tui.runs.device_facts import device_facts
from emnist_tui.runs.events import Evaluated
from emnist_tui.runs.listing import Entry
from emnist_tui.runs.recipe import differences
from emnist_tui.runs.record import RunRecord
from emnist_tui.runs.sweeps.listing import SweepEntry
from emnist_tui.text import formats
from emnist_tui.text.unit_names import named_units
from emnist_tui.tui.widgets.recipe_facts import spelled
from emnist_tui.tui.widgets.sweep import facts as sweep_facts

_MOST_EPOCHS = 12  # accuracies in a line
_MOST_RATES = 4  # changes of the learning rate in a line

Fact = tuple[str, str]


@dataclass(frozen=True)
class Preview:
    """Everything known about the row under the cursor."""

    entry: Entry
    record: RunRecord | None = None
    config: TrainConfig | None = None
    about_problem: str | None = None
    """Why the tags and the note cannot be read."""
    size: int | None = None
    """Bytes on disk; None until they are counted."""
    curve: Sequence[Point] = ()
    """Loss and accuracy at a few steps."""


def facts(preview: Preview) -> list[Fact]:
    """Return names and values, most needed first; unknown ones are left out."""
    entry, record = preview.entry, preview.record
    if isinstance(entry, SweepEntry):
        return _of_sweep(entry)
    found = [
        ("problem", entry.problem or preview.about_problem),
        ("failed", record.failed.error if record and record.failed else None),
        ("data", entry.data),
        ("recipe", _recipe(preview)),
        ("tags", " ".join(entry.tags)),
        ("note", entry.note),
        ("epochs", _epochs(entry)),
        ("finished", record.early_end if record else None),
        ("rates", _rates(record)),
        ("best", _best(record)),
        ("test", _by_epoch(record)),
        ("lost", _lost(record)),
        ("trained for", _duration(record)),
        ("device", str(device_facts(record.started)) if record and record.started else None),
        ("size", None if preview.size is None else formats.size(preview.size)),
        ("model", entry.model),
        ("created", formats.date(entry.created) if entry.created else None),
        ("last change", formats.date(entry.time)),
    ]
    return [(name, formats.printable(value.replace("\n", " "))) for name, value in found if value]


def _of_sweep(entry: SweepEntry) -> list[Fact]:
    """Return the facts about a sweep."""
    board = entry.board
    found: list[tuple[str, str | None]] = [("problem", entry.problem)]
    if board:
        found += [
            ("seeds" if board.spec.is_seeds else "trials", _joined(sweep_facts.state_parts(board))),
            ("varied", ", ".join(f"{axis.option} {axis.describe()}" for axis in board.spec.axes)),
            (sweep_facts.MEAN if board.spec.is_seeds else "best", _joined(sweep_facts.best_parts(board))),
            ("workers", _joined(sweep_facts.worker_parts(board))),
            ("all", _joined(sweep_facts.constant_parts(board))),
        ]
    found += [
        ("tags", " ".join(entry.tags)),
        ("note", entry.note),
        ("created", formats.date(entry.created) if entry.created else None),
        ("last change", formats.date(entry.time)),
    ]
    return [(name, formats.printable(value.replace("\n", " "))) for name, value in found if value]


def _joined(parts: Sequence[tuple[str, str]]) -> str:
    return ", ".join(text for text, _ in parts)


def _recipe(preview: Preview) -> str | None:
    """Return what differs from the model's recipe, and the seed."""
    config = preview.config
    if config is None:
        return None
    changed = {name: value for name, value in differences(config).items() if name != "epochs"}
    if config.seed != TrainConfig().seed:
        changed["seed"] = config.seed
    return spelled(changed) or ("the documented one" if config.model == "baseline" else "the model's own")


def _epochs(entry: Entry) -> str | None:
    if entry.epoch is None:
        return None
    steps = f", {formats.count(entry.step)} steps" if entry.step else ""
    return f"{formats.epochs(entry.epoch, entry.epochs)}{steps}"


def _rates(record: RunRecord | None) -> str | None:
    """Return the newest changes of the learning rate."""
    changes = record.learning_rates if record else []
    earlier = "… " if len(changes) > _MOST_RATES else ""
    newest = ", ".join(
        f"{formats.number(change.learning_rate)} from step {formats.count(change.step + 1)}"
        for change in changes[-_MOST_RATES:]
    )
    return f"{earlier}{newest}" if changes else None


def _tested(record: RunRecord | None) -> list[Evaluated]:
    return [evaluated for evaluated in record.evaluations if evaluated.split == "test"] if record else []


def _best(record: RunRecord | None) -> str | None:
    """Return the best accuracy and its epoch.

    It is on validation where images are held out, else on test.
    """
    if record and (held_out := record.best_epoch):
        return f"{formats.percent(held_out.accuracy, 2)} after epoch {held_out.epoch} (validation)"
    best = max(_tested(record), key=lambda evaluated: evaluated.accuracy, default=None)
    return f"{formats.percent(best.accuracy, 2)} after epoch {best.epoch}" if best else None


def _by_epoch(record: RunRecord | None) -> str | None:
    """Return the test accuracy after the newest epochs.

    With validation, only the best one is tested.
    """
    tested = _tested(record)
    if tested and record and record.epoch_split != "test":
        return f"{formats.percent(tested[-1].accuracy, 2)} after epoch {tested[-1].epoch}"
    earlier = "… " if len(tested) > _MOST_EPOCHS else ""
    newest = "  ".join(f"{evaluated.accuracy * 100:.2f}" for evaluated in tested[-_MOST_EPOCHS:])
    return f"{earlier}{newest} %" if tested else None


def _lost(record: RunRecord | None) -> str | None:
    """Name the lost units, except a few of a large layer."""
    lost = [layer for layer in record.units.lost if layer.is_notable] if record else []
    return ", ".join(f"{named_units(layer.units, layer.unit, layer.layer, layer.kind)} {layer.state}" for layer in lost)


def _duration(record: RunRecord | None) -> str | None:
    """Return the time spent training, without pauses and evaluations."""
    seconds = record.trained_seconds if record else 0.0
    return formats.duration(seconds) if seconds else None
