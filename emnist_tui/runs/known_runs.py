"""Earlier runs as a guide to the next one."""

from dataclasses import dataclass
from pathlib import Path

from emnist_tui.runs.config import AUTOMATIC_THREADS, TrainConfig
from emnist_tui.runs.data_paths import data_root, has_digits
from emnist_tui.runs.folder import modified
from emnist_tui.runs.known_run import KnownRun, Recipe, read_known, recipe_of_death
from emnist_tui.runs.lookup import run_folders

OF_WAY = ("augmentation", "label_smoothing")
"""Fields that, unless 0, take autograd instead of a network's own kernel; see `learning.training.steps`."""

_OF_WAY_ON_GPUS = ("weight_decay", "clip_norm")
"""Fields that decide on the way of steps there, with those of `_same_costs`."""


@dataclass(frozen=True)
class Estimate:
    """Time that a run will take."""

    seconds: float
    """Seconds of training and evaluation."""
    run: KnownRun
    """The run whose speed it supposes."""
    differs: tuple[str, ...]
    """Fields of the configuration that make that speed doubtful, most telling first."""


class KnownRuns:
    """Runs of a directory, read again where they changed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[Path, tuple[float, KnownRun | None]] = {}
        """Modification time of the events of each run, and what they tell."""
        self._runs: list[KnownRun] = []
        """Newest first."""
        self._dead: dict[tuple[Recipe, int], str] = {}
        self._weak: dict[tuple[Recipe, int], str] = {}

    def refresh(self) -> None:
        """Read the runs whose events have changed."""
        before, self._read, self._dead, self._weak = self._read, {}, {}, {}
        for folder in run_folders(self._root):
            changed = modified(folder.events)
            known = before.get(folder.path)
            self._read[folder.path] = known if known and known[0] == changed else (changed, read_known(folder))
        self._runs = [run for _, run in self._read.values() if run]
        for run in reversed(self._runs):
            recipe = recipe_of_death(run.first, run.source), run.first.seed
            if run.has_died:
                self._dead[recipe] = run.name
            if run.has_lost_units:
                self._weak[recipe] = run.name

    @property
    def auto_source(self) -> str:
        """Source that `auto` means now. Raises `UsageError` as `data_root` does."""
        return "emnist" if has_digits(data_root()) else "synthetic"

    @property
    def sources(self) -> list[str]:
        """Sources of data that runs were trained on, newest first."""
        return list(dict.fromkeys(run.config.data for run in self._runs))

    @property
    def models(self) -> list[str]:
        """Models that were trained, newest first."""
        return list(dict.fromkeys(run.config.model for run in self._runs))

    @property
    def auto_device(self) -> KnownRun | None:
        """Newest run whose device was chosen automatically."""
        return next((run for run in self._runs if run.config.device == "auto"), None)

    def died_in(self, config: TrainConfig) -> str | None:
        """Return the run in which this seed's filters died, if any."""
        return self._dead.get((recipe_of_death(config, self._source(config)), config.seed))

    def lost_units_in(self, config: TrainConfig) -> str | None:
        """Return the run in which this seed lost some filters, if any."""
        return self._weak.get((recipe_of_death(config, self._source(config)), config.seed))

    def next_alive(self, config: TrainConfig) -> TrainConfig:
        """Return the configuration with the next seed not known to lose filters."""
        following = config.with_next_seed()
        while self.died_in(following) or self.lost_units_in(following):
            following = following.with_next_seed()
        return following

    def alive(self, config: TrainConfig) -> TrainConfig:
        """Return the configuration, with another seed if its own is dead."""
        return self.next_alive(config) if self.died_in(config) else config

    def same_as(self, config: TrainConfig) -> KnownRun | None:
        """Return the run of exactly this configuration, if any.

        One that has ended is preferred, then the newest.
        """
        source = self._source(config)
        found = [run for run in self._runs if self._runs_on(config, run) and run.is_repeated_by(config, source)]
        return max(found, key=lambda run: run.ended is not None, default=None)

    def estimate(self, config: TrainConfig) -> Estimate | None:
        """Estimate the time of a run from the newest that resembles it.

        That is one of the same model on the same device, if possible of the same costs and data. None if there is none,
        or if nobody has trained on the data.
        """
        source = self._source(config)
        like = [run for run in self._runs if run.rate and run.config.model == config.model]
        like = [run for run in like if self._runs_on(config, run) and _tells_speed(run, config)]
        data = next((run for run in self._runs if run.source == source), None)
        if not like or data is None:
            return None
        run = max(like, key=lambda run: (*_same_costs(run.config, config).values(), run.source == source))
        assert run.rate
        differs = tuple(name for name, is_same in _same_costs(run.config, config).items() if not is_same)
        train, test = max(0, data.images - config.validation), data.started.test_images
        evaluated = config.epochs * (config.validation or test) + (test if config.validation else 0)
        evaluating = evaluated / run.evaluation_rate if run.evaluation_rate else 0.0
        return Estimate(config.epochs * train / run.rate + evaluating, run, differs)

    def _source(self, config: TrainConfig) -> str:
        return self.auto_source if config.data == "auto" else config.data

    def _runs_on(self, config: TrainConfig, run: KnownRun) -> bool:
        """Check that a configuration uses a run's device, if known."""
        if _spelled_out(config.device) in map(_spelled_out, (run.config.device, run.device)):
            return True
        return config.device == "auto" and (auto := self.auto_device) is not None and auto.device == run.device


def _spelled_out(device: str) -> str:
    return "cuda:0" if device == "cuda" else device


def _tells_speed(run: KnownRun, config: TrainConfig) -> bool:
    """Check that a run's speed tells something about a configuration's.

    On a GPU a small batch takes hardly less time than a larger one, and the whole recipe decides on the way of steps,
    of which one is many times as fast as another.
    """
    if run.device == "cpu":
        return True
    is_same = _same_costs(run.config, config) | {"threads": True}
    is_same |= {name: bool(getattr(run.config, name)) == bool(getattr(config, name)) for name in _OF_WAY_ON_GPUS}
    return all(is_same.values())


def _same_costs(one: TrainConfig, other: TrainConfig) -> dict[str, bool]:
    """Compare what decides the time of a step, most telling first."""
    return {
        **{name: bool(getattr(one, name)) == bool(getattr(other, name)) for name in OF_WAY},
        "batch_size": one.batch_size == other.batch_size,
        "threads": (one.threads or AUTOMATIC_THREADS) == (other.threads or AUTOMATIC_THREADS),
        "ema": bool(one.ema) == bool(other.ema),
        "optimizer": one.optimizer == other.optimizer,
    }
