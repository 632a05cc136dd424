"""Seeds that lost filters in a run of the runs directory."""

from pathlib import Path

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.data_paths import SYNTHETIC, data_root, has_digits
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.event_parser import parse_event
from emnist_tui.runs.events import RunStarted, StuckAtChance, UnitsChanged
from emnist_tui.runs.folder import modified
from emnist_tui.runs.lookup import run_folders
from emnist_tui.runs.record import RunRecord

_READ = 1 << 20  # bytes of a run's events, which hold its first thousands of steps
_MARKS = tuple(f'"{kind.event}"'.encode() for kind in (StuckAtChance, UnitsChanged))
_INDIFFERENT = frozenset(("data", "seed", "epochs", "device", "threads", "keep_epochs", "patience"))
"""Fields of a configuration that do not decide, besides the seed, whether filters die; data is compared by itself."""

_Seed = tuple[tuple[object, ...], int]
"""A recipe and a seed."""


class DeadSeeds:
    """Seeds that lost all or some filters, by event and recipe."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[Path, tuple[float, set[_Seed], set[_Seed]]] = {}
        """Modification time of the events of each run, its dead seeds and its weak ones."""
        self._dead: dict[_Seed, str] = {}
        self._weak: dict[_Seed, str] = {}

    def refresh(self) -> None:
        """Read the runs whose events have changed."""
        self._dead, self._weak = {}, {}
        for folder in run_folders(self._root):
            changed = modified(folder.events)
            known = self._read.get(folder.path)
            if known is None or known[0] != changed:
                known = self._read[folder.path] = (changed, *_read_lost(folder.events))
            self._dead |= dict.fromkeys(known[1], folder.name)
            self._weak |= dict.fromkeys(known[2], folder.name)

    def run_of(self, config: TrainConfig) -> str | None:
        """Return the run in which this seed died, if any."""
        return self._dead.get(_seed(config))

    def run_that_lost_units(self, config: TrainConfig) -> str | None:
        """Return the run in which this seed lost some filters, if any."""
        return self._weak.get(_seed(config))

    def next_alive(self, config: TrainConfig) -> TrainConfig:
        """Return the configuration with the next seed not known to lose filters."""
        following = config.with_next_seed()
        while self.run_of(following) or self.run_that_lost_units(following):
            following = following.with_next_seed()
        return following

    def alive(self, config: TrainConfig) -> TrainConfig:
        """Return the configuration, with another seed if its own is dead."""
        return self.next_alive(config) if self.run_of(config) else config


def _read_lost(events: Path) -> tuple[set[_Seed], set[_Seed]]:
    """Read dead and weak seeds from the beginning of a run's events."""
    dead: set[_Seed] = set()
    weak: set[_Seed] = set()
    try:
        with events.open("rb") as file:
            start = file.read(_READ)
    except OSError:
        return dead, weak
    if not any(mark in start for mark in _MARKS):
        return dead, weak
    record, recipe = RunRecord(), None
    for event in map(parse_event, start.split(b"\n")):
        if isinstance(event, RunStarted):
            recipe = _recorded_recipe(event)
            record.apply(event)
        elif isinstance(event, UnitsChanged):
            record.apply(event)
        elif isinstance(event, StuckAtChance) and recipe:
            dead.add((recipe, event.seed))
    if recipe and record.config and record.is_impaired:
        weak.add((recipe, record.config.seed))
    return dead, weak


def _recorded_recipe(event: RunStarted) -> tuple[object, ...] | None:
    try:
        config = TrainConfig.from_json(event.config)
    except (UsageError, TypeError):
        return None  # of a damaged run
    return _recipe(config, "synthetic" if event.data == SYNTHETIC else "emnist")


def _seed(config: TrainConfig) -> _Seed:
    auto = "emnist" if has_digits(data_root()) else "synthetic"
    return _recipe(config, auto), config.seed


def _recipe(config: TrainConfig, auto: str) -> tuple[object, ...]:
    """Return the values, besides the seed, that decide whether filters die.

    `auto` is the source that `auto` means.
    """
    values = config.to_json()
    data = auto if config.data == "auto" else config.data
    return data, *(values[name] for name in values if name not in _INDIFFERENT)
