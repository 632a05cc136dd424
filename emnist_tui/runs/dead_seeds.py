"""Seeds whose filters died in a run of the runs directory."""

from pathlib import Path

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.data_paths import SYNTHETIC, data_root, has_digits
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.event_parser import parse_event
from emnist_tui.runs.events import RunStarted, StuckAtChance
from emnist_tui.runs.folder import modified
from emnist_tui.runs.lookup import run_folders

_READ = 1 << 20  # bytes of a run's events, which hold its first thousands of steps
_MARK = f'"{StuckAtChance.event}"'.encode()

_Recipe = tuple[object, ...]


class DeadSeeds:
    """Seeds called dead by event, for each recipe of the runs directory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[Path, tuple[float, frozenset[tuple[_Recipe, int]]]] = {}
        """Modification time of the events of each run, and its dead seeds by recipe."""
        self._dead: dict[tuple[_Recipe, int], str] = {}

    def refresh(self) -> None:
        """Read the runs whose events have changed."""
        self._dead = {}
        for folder in run_folders(self._root):
            changed = modified(folder.events)
            known = self._read.get(folder.path)
            if known is None or known[0] != changed:
                known = self._read[folder.path] = (changed, frozenset(_read_dead(folder.events)))
            self._dead |= dict.fromkeys(known[1], folder.name)

    def run_of(self, config: TrainConfig) -> str | None:
        """Return the run in which this seed died, if any."""
        auto = "emnist" if has_digits(data_root()) else "synthetic"
        return self._dead.get((_recipe(config, auto), config.seed))

    def next_alive(self, config: TrainConfig) -> TrainConfig:
        """Return the configuration with the next seed not known dead."""
        following = config.with_next_seed()
        while self.run_of(following):
            following = following.with_next_seed()
        return following

    def alive(self, config: TrainConfig) -> TrainConfig:
        """Return the configuration, with another seed if its own is dead."""
        return self.next_alive(config) if self.run_of(config) else config


def _read_dead(events: Path) -> set[tuple[_Recipe, int]]:
    """Read the dead seeds from the beginning of a run's events."""
    try:
        with events.open("rb") as file:
            start = file.read(_READ)
    except OSError:
        return set()
    if _MARK not in start:
        return set()
    dead, recipe = set(), None
    for event in map(parse_event, start.split(b"\n")):
        if isinstance(event, RunStarted):
            recipe = _recorded_recipe(event)
        elif isinstance(event, StuckAtChance) and recipe:
            dead.add((recipe, event.seed))
    return dead


def _recorded_recipe(event: RunStarted) -> _Recipe | None:
    try:
        config = TrainConfig.from_json(event.config)
    except (UsageError, TypeError):
        return None  # of a damaged run
    return _recipe(config, "synthetic" if event.data == SYNTHETIC else "emnist")


def _recipe(config: TrainConfig, auto: str) -> _Recipe:
    """Return the values, besides the seed, that decide whether filters die.

    `auto` is the source that `auto` means.
    """
    data = auto if config.data == "auto" else config.data
    return config.model, data, config.batch_size, config.learning_rate, config.validation
