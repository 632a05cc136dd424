"""The evaluations of what is opened, and the one that is looked at."""

from pathlib import Path

import numpy as np

from emnist_tui.analysis.predictions import Evaluation, Floats
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import Evaluated

_KEPT = 8  # evaluations in memory; one of 40,000 images takes 3 MB


class Evaluations:
    """Follows the newest one until another is chosen. Files are read when they are first looked at."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._events: list[Evaluated] = []
        self._chosen: int | None = None
        self._loaded: dict[str, Evaluation] = {}
        self._failed: dict[str, str] = {}
        self._recalls: dict[str, Floats] = {}

    def __len__(self) -> int:
        return len(self._events)

    def take(self, events: list[Evaluated]) -> None:
        """The run's evaluations so far; of the test split if there are any, else of the validation split."""
        tested = [event for event in events if event.split == "test"]
        self._events = tested or events

    @property
    def last_epoch(self) -> int:
        """Of the newest evaluation; 0 where there is none or it does not say."""
        return self._events[-1].epoch if self._events else 0

    @property
    def position(self) -> int:
        """Of the one that is looked at, from 0."""
        newest = len(self._events) - 1
        return newest if self._chosen is None else min(self._chosen, newest)

    def move(self, by: int) -> None:
        """Looks at another one; at the newest, newer ones are followed."""
        newest = len(self._events) - 1
        position = min(max(self.position + by, 0), newest)
        self._chosen = None if position == newest else position

    @property
    def event(self) -> Evaluated | None:
        """Of the one that is looked at."""
        return self._events[self.position] if self._events else None

    @property
    def current(self) -> Evaluation | None:
        """The one that is looked at; None where there is none or it cannot be read (see `problem`)."""
        try:
            return self._load(self.event) if self.event else None
        except EmnistTuiError:
            return None

    @property
    def problem(self) -> str | None:
        """Why the one that is looked at cannot be read."""
        try:
            if self.event:
                self._load(self.event)
        except EmnistTuiError as error:
            return str(error)
        return None

    def path(self, event: Evaluated) -> Path:
        return self._folder / Path(event.file).name

    def recalls(self) -> Floats:
        """float64 [evaluations, 10]: each class's accuracy over the run, NaN where an evaluation cannot be read."""
        return np.array([self._recall(event) for event in self._events]).reshape(-1, 10)

    def _recall(self, event: Evaluated) -> Floats:
        if event.file not in self._recalls:
            try:
                self._recalls[event.file] = self._load(event).normalized_by_true().diagonal().copy()
            except EmnistTuiError:
                self._recalls[event.file] = np.full(10, np.nan)
        return self._recalls[event.file]

    def _load(self, event: Evaluated) -> Evaluation:
        key = f"{event.file}@{event.time}"
        if key in self._failed:
            raise EmnistTuiError(self._failed[key])
        if key not in self._loaded:
            try:
                self._loaded[key] = Evaluation.load(self.path(event))
            except EmnistTuiError as error:
                self._failed[key] = str(error)
                raise
            while len(self._loaded) > _KEPT:
                self._loaded.pop(next(iter(self._loaded)))
        return self._loaded[key]
