"""Facts about one run that matter to the next one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from emnist_tui.runs.config import AUTOMATIC_THREADS, TrainConfig
from emnist_tui.runs.data_paths import SOURCES, SYNTHETIC
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.event_log import read_events
from emnist_tui.runs.event_parser import parse_event
from emnist_tui.runs.events import (
    EpochEnded,
    Evaluated,
    Event,
    LearningRateChanged,
    PhaseStarted,
    RunEnded,
    RunFailed,
    RunStarted,
    StuckAtChance,
    UnitsChanged,
)
from emnist_tui.runs.folder import RunFolder, modified
from emnist_tui.runs.models import MODELS
from emnist_tui.runs.schedule import course_of, warmup_of
from emnist_tui.runs.small_files import open_unblocked
from emnist_tui.runs.unit_health import UnitHealth

Recipe = tuple[object, ...]

_BEGINNING = 1 << 20  # bytes of the events, which hold the first thousands of steps
_END = 1 << 16  # bytes


def _openings(*kinds: type[Event]) -> tuple[bytes, ...]:
    return tuple(f'{{"event":"{kind.event}"'.encode() for kind in kinds)


_RARE = _openings(RunStarted, StuckAtChance, UnitsChanged, LearningRateChanged, RunEnded, RunFailed)
_OF_EPOCHS = _openings(EpochEnded, PhaseStarted, Evaluated)
_NEWEST = 12  # events of epochs that are parsed


@dataclass(frozen=True)
class KnownRun:
    """Configuration, speed and end of a run."""

    folder: RunFolder
    started: RunStarted
    config: TrainConfig
    first: TrainConfig
    """Configuration that it was begun with, whose seed and recipe its filters suffered."""
    has_died: bool = False
    """Whether its filters died with that recipe."""
    has_lost_units: bool = False
    """Whether it lost many units of a layer, such as one of two filters, with that recipe."""
    rate: float | None = None
    """Images per second of training."""
    evaluation_rate: float | None = None
    """Images per second of an evaluation."""
    ended: RunEnded | None = None
    has_failed: bool = False

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def source(self) -> str:
        """Source of its data; that which `auto` meant then."""
        if self.config.data != "auto":
            return self.config.data
        return "synthetic" if self.started.data == SYNTHETIC else "emnist"

    @property
    def device(self) -> str:
        """Device that it was trained on, such as `cpu` or `cuda:1`."""
        return self.started.device.partition(" ")[0]

    @property
    def images(self) -> int:
        """Images of its data's train split, with those held out."""
        return self.started.train_images + self.started.validation_images

    def is_repeated_by(self, config: TrainConfig, source: str) -> bool:
        """Check that a configuration repeats this run, device apart.

        `source` is that of its data. The files of data and of a network of one's own must be as old as the run. Runs
        whose learning rate or recipe was changed on the way are repeated by none.
        """
        same = _decisive(config) == _decisive(self.config) and source == self.source
        threads = (config.threads or AUTOMATIC_THREADS) == self.started.threads
        return same and threads and self._has_old_files() and self._is_straight

    def _has_old_files(self) -> bool:
        model, data = self.config.model, self.config.data
        files = [*([] if model in MODELS else [model.rpartition(":")[0]]), *([] if data in SOURCES else [data])]
        return all(modified(Path(file)) <= self.started.time for file in files)

    @cached_property
    def _is_straight(self) -> bool:
        """Check in all its events that it was trained by one recipe."""
        try:
            events = [
                event
                for event in read_events(self.folder.events, batches=False)
                if isinstance(event, RunStarted | LearningRateChanged)
            ]
            configs = [TrainConfig.from_json(event.config) for event in events if isinstance(event, RunStarted)]
        except (OSError, UsageError, TypeError):
            return False
        longer = {_decisive(config) for config in configs} == {_decisive(self.config)} or (
            course_of(self.config) is None and {_recipe(config) for config in configs} == {_recipe(self.config)}
        )
        return longer and len(configs) == len(events)


def read_known(folder: RunFolder) -> KnownRun | None:
    """Read the beginning and the end of a run's events.

    None if it never started.
    """
    try:
        with open_unblocked(folder.events) as file:
            parts = [file.read(_BEGINNING)]
            size = file.seek(0, 2)
            if size > _BEGINNING:
                file.seek(max(_BEGINNING, size - _END))
                parts.append(file.read())
    except OSError:
        return None
    return _understand(folder, [event for part in parts for event in _parse(part)])


def recipe_of_death(config: TrainConfig, source: str) -> Recipe:
    """Return the values, besides the seed, that decide whether filters die.

    `source` is that of the data.
    """
    length = config.epochs if course_of(config) else None
    return (source, length, config.validation, *_recipe(config))


def _recipe(config: TrainConfig) -> Recipe:
    """Return the values that decide a step, besides data and seed."""
    return (
        config.model,
        config.batch_size,
        config.learning_rate,
        config.optimizer,
        config.schedule,
        warmup_of(config),
        config.weight_decay,
        config.label_smoothing,
        config.augmentation,
        config.clip_norm,
    )


def _decisive(config: TrainConfig) -> Recipe:
    """Return the values that decide the result on given data."""
    machine = ("data", "device", "threads", "keep_epochs")
    values = {**config.to_json(), "warmup": warmup_of(config)}
    return tuple(value for name, value in values.items() if name not in machine)


def _parse(part: bytes) -> list[Event]:
    """Parse the rare events and the newest of epochs, in order."""
    lines = [line for line in part.split(b"\n") if line.startswith((*_RARE, *_OF_EPOCHS))]
    of_epochs = [line for line in lines if line.startswith(_OF_EPOCHS)]
    passed = frozenset(of_epochs[:-_NEWEST])
    return [event for line in lines if line not in passed and (event := parse_event(line))]


def _understand(folder: RunFolder, events: list[Event]) -> KnownRun | None:
    started: RunStarted | None = None
    first: TrainConfig | None = None
    config: TrainConfig | None = None
    rate = evaluation_rate = phase = ended = None
    has_died = has_failed = is_changed = False
    units = UnitHealth()
    for event in events:
        match event:
            case RunStarted():
                started, config, ended, has_failed = event, _config(event), None, False
                first = first or config
                if event.resumed_at_step is not None:
                    units.drop_after(event.resumed_at_step)
                if first and config and recipe_of_death(first, "") != recipe_of_death(config, ""):
                    is_changed = True
            case LearningRateChanged():
                is_changed = True
            case StuckAtChance() if not is_changed:
                has_died = True
            case UnitsChanged() if not is_changed:
                units.apply(event)
            case EpochEnded():
                rate = event.images_per_second
            case PhaseStarted():
                phase, ended, has_failed = event, None, False
            case Evaluated() if phase and phase.is_evaluation and event.time > phase.time:
                evaluation_rate = event.images / (event.time - phase.time)
            case RunEnded():
                rate, ended = event.images_per_second, event
            case RunFailed():
                has_failed = True
    if started is None or first is None or config is None:
        return None
    has_lost = any(layer.is_notable for layer in units.lost)
    return KnownRun(
        folder, started, config, first, has_died, has_lost, rate or None, evaluation_rate, ended, has_failed
    )


def _config(event: RunStarted) -> TrainConfig | None:
    try:
        return TrainConfig.from_json(event.config)
    except (UsageError, TypeError):
        return None  # of a damaged run
