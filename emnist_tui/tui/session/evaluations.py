"""Evaluations of a run or checkpoint, and which of them is selected."""

from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emnist_tui.analysis.predictions import Evaluation, Floats
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import Evaluated
from emnist_tui.runs.folder import is_file
from emnist_tui.text.formats import count

_KEPT = 8  # evaluations in memory; 40,000 images take 3 MB


@dataclass(frozen=True)
class EvaluationEnd:
    """End of an evaluation of the last checkpoint."""

    step: int
    """Step of the checkpoint; 0 if it failed."""
    is_new: bool = True
    """Whether there was no evaluation of that step before."""
    problem: str | None = None
    """Why it failed, as a sentence."""


class Evaluations:
    """Evaluations with one selected: the newest, unless the user selects another.

    A file is read when its evaluation is first selected.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._of_run: list[Evaluated] = []
        self._joined: dict[str, Path] = {}
        """Folders of the evaluations that are no part of the run, by key."""
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
        self._of_run = tested or events
        self._events = _merged(self._of_run, [event for event in self._events if _key(event) in self._joined])

    def join(self, event: Evaluated, folder: Path) -> bool:
        """Add and select the last checkpoint's evaluation in `folder`.

        If there is one of that step already, it is selected and the new one left out. Returns whether it was added.
        """
        if self.select(event.step, event.split):
            return False
        self._joined[_key(event)] = folder
        self._events = _merged(self._events, [event])
        self._choose(self._events.index(event))
        return True

    def select(self, step: int, split: str = "test") -> bool:
        """Select the kept evaluation of a step; return whether there is one."""
        if found := self._positions(step, split):
            self._choose(found[-1])
        return bool(found)

    def select_epoch(self, epoch: int) -> bool:
        """Select the kept evaluation after an epoch; return whether there is one."""
        found = [position for position in self._kept() if self._events[position].epoch == epoch]
        if found:
            self._choose(found[-1])
        return bool(found)

    def has(self, step: int, split: str = "test") -> bool:
        """Return whether there is a kept evaluation of a step."""
        return bool(self._positions(step, split))

    def _positions(self, step: int, split: str) -> list[int]:
        return [n for n in self._kept() if (self._events[n].step, self._events[n].split) == (step, split)]

    def is_joined(self, event: Evaluated) -> bool:
        """Whether an evaluation was added to those of the run."""
        return _key(event) in self._joined

    def describe(self, event: Evaluated) -> str:
        """Return an evaluation's name: `epoch 2`, or `step 150` within an epoch.

        It is empty if nothing is known.
        """
        if self.is_joined(event):
            return f"last checkpoint, step {count(event.step)}"
        if event.epoch:
            return f"epoch {event.epoch}"
        return f"step {count(event.step)}" if event.step else ""

    def copy(self) -> "Evaluations":
        """Return the same evaluations with a selection of their own: the newest."""
        twin = Evaluations(self.folder)
        twin._of_run, twin._joined, twin._events = [*self._of_run], dict(self._joined), [*self._events]
        twin._loaded = dict(self._loaded)
        return twin

    def _choose(self, position: int) -> None:
        self._chosen = None if position == len(self._events) - 1 else position

    @property
    def last_epoch(self) -> int:
        """Last epoch with an evaluation; 0 without one or if unknown."""
        return max((event.epoch for event in self._events), default=0)

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
        self._choose(kept[min(max(place, 0), len(kept) - 1)])

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
        return self._joined.get(_key(event), self.folder) / Path(event.file).name

    def recalls(self) -> Floats:
        """Return each class's recall over the run, float64 [evaluations, 10].

        Only evaluations of the selected one's split count. NaN where one cannot be read.
        """
        split = self.event.split if self.event else ""
        return np.array([self._recall(event) for event in self._events if event.split == split]).reshape(-1, 10)

    def _recall(self, event: Evaluated) -> Floats:
        path = str(self.path(event))
        if path not in self._recalls:
            try:
                self._recalls[path] = self._load(event).normalized_by_true().diagonal().copy()
            except EmnistTuiError:
                self._recalls[path] = np.full(10, np.nan)
        return self._recalls[path]

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


def _merged(events: list[Evaluated], joined: list[Evaluated]) -> list[Evaluated]:
    """Insert evaluations by step, after those of the same step."""
    merged = [*events]
    for event in joined:
        place = max((number for number, other in enumerate(merged) if other.step <= event.step), default=-1)
        merged.insert(place + 1, event)
    return merged


def _key(event: Evaluated) -> str:
    return f"{event.file}@{event.time}"
