"""Evaluations of a run or checkpoint, and which of them is selected."""

from bisect import bisect_left
from pathlib import Path

import numpy as np

from emnist_tui.analysis.predictions import Evaluation, Floats
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import Evaluated
from emnist_tui.runs.folder import is_file

_KEPT = 8  # evaluations in memory; 40,000 images take 3 MB


class Evaluations:
    """Evaluations with one selected: the newest, unless the user selects another.

    A file is read when its evaluation is first selected.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._events: list[Evaluated] = []
        self._chosen: int | None = None
        self._loaded: dict[str, Evaluation] = {}
        self._failed: dict[str, str] = {}
        self._recalls: dict[str, Floats] = {}
        self._removed: set[str] = set()

    def __len__(self) -> int:
        """Count the evaluations that the trainer has not removed."""
        return len(self._kept())

    def _kept(self) -> list[int]:
        """Return the positions whose file is there or in memory."""
        for event in self._events:
            key = _key(event)
            if key not in self._removed and key not in self._loaded and not is_file(self.path(event)):
                self._removed.add(key)
        return [number for number, event in enumerate(self._events) if _key(event) not in self._removed]

    def take(self, events: list[Evaluated]) -> None:
        """Replace the evaluations by those of a run so far.

        Only those on the test split count, if there are any.
        """
        tested = [event for event in events if event.split == "test"]
        self._events = tested or events

    @property
    def last_epoch(self) -> int:
        """Epoch of the newest evaluation; 0 without one or if unknown."""
        return self._events[-1].epoch if self._events else 0

    @property
    def position(self) -> int:
        """Position of the selected evaluation, from 0."""
        newest = len(self._events) - 1
        return newest if self._chosen is None else min(self._chosen, newest)

    @property
    def is_newest(self) -> bool:
        """Whether the newest evaluation is selected, or there is none."""
        return self.position == len(self._events) - 1

    @property
    def has_removed_before(self) -> bool:
        """Whether all evaluations before the selected one were removed."""
        return self.position > 0 and all(_key(event) in self._removed for event in self._events[: self.position])

    @property
    def places_behind(self) -> int:
        """Count the kept evaluations after the selected one."""
        return sum(number > self.position for number in self._kept())

    def move(self, by: int) -> None:
        """Select an evaluation `by` places later; selecting the newest follows newer ones.

        Removed ones are skipped.
        """
        if not (kept := self._kept()):
            return
        place = bisect_left(kept, self.position) + by
        position = kept[min(max(place, 0), len(kept) - 1)]
        self._chosen = None if position == len(self._events) - 1 else position

    @property
    def event(self) -> Evaluated | None:
        """Event of the selected evaluation."""
        return self._events[self.position] if self._events else None

    @property
    def current(self) -> Evaluation | None:
        """Selected evaluation; None without one or if unreadable (see `problem`)."""
        try:
            return self._load(self.event) if self.event else None
        except EmnistTuiError:
            return None

    @property
    def problem(self) -> str | None:
        """Why the selected evaluation cannot be read; None if it can."""
        try:
            if self.event:
                self._load(self.event)
        except EmnistTuiError as error:
            return str(error)
        return None

    def path(self, event: Evaluated) -> Path:
        """Return the file of an event's evaluation.

        It lies in the folder, whatever path the event names.
        """
        return self.folder / Path(event.file).name

    def recalls(self) -> Floats:
        """Return each class's recall over the run, float64 [evaluations, 10].

        NaN where an evaluation cannot be read.
        """
        return np.array([self._recall(event) for event in self._events]).reshape(-1, 10)

    def _recall(self, event: Evaluated) -> Floats:
        if event.file not in self._recalls:
            try:
                self._recalls[event.file] = self._load(event).normalized_by_true().diagonal().copy()
            except EmnistTuiError:
                self._recalls[event.file] = np.full(10, np.nan)
        return self._recalls[event.file]

    def _load(self, event: Evaluated) -> Evaluation:
        key = _key(event)
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
        self._loaded[key] = self._loaded.pop(key)  # now the last to be dropped: its file may be removed meanwhile
        return self._loaded[key]


def _key(event: Evaluated) -> str:
    return f"{event.file}@{event.time}"
