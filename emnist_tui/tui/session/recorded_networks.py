"""Networks of a run's recording, and its newest weights."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import is_file
from emnist_tui.runs.weights_recording import NOW, RECORDING, Frame, Layout, Recording, read_now

if TYPE_CHECKING:
    from emnist_tui.analysis.network.network import Network
    from emnist_tui.runs.follower import RunFollower

_KEPT = 8  # networks


class RecordedNetworks:
    """Networks of a run that is followed, as of the last look.

    Each is the same object as long as its frame is the same.
    """

    def __init__(self, follower: RunFollower) -> None:
        """Read nothing yet."""
        self._follower = follower
        self.recording: Recording | None = None
        self.newest: Network | None = None
        """Weights of a run that trains."""
        self.newest_step: int | None = None
        self._now: Network | None = None
        self._now_step: int | None = None
        self._stamp: object = None
        """State of the file of the weights between two frames."""
        self._kept: OrderedDict[int, Network] = OrderedDict()
        """Networks by step, the last used one last."""
        self._unreadable = self._unusable = ""
        """Why there is no recording, and why its newest frame is no network."""

    @property
    def problem(self) -> str:
        """Why there is no network, as a sentence; empty without a problem."""
        if not self._unreadable and not self._unusable and not self.steps and not self.newest:
            return "This run has no recorded weights, as runs of earlier versions and of large networks."
        return self._unreadable or self._unusable

    @property
    def steps(self) -> Sequence[int]:
        return self.recording.steps if self.recording else ()

    @property
    def is_there(self) -> bool:
        """Whether the run has a recording, which need not have been read."""
        return bool(self.steps) or is_file(self._follower.folder.path / RECORDING)

    @property
    def has_moved(self) -> bool:
        """Whether the run is in another folder than at the last look."""
        return self.recording is not None and self.recording.path.parent != self._follower.folder.path

    def look(self, *, is_live: bool) -> bool:
        """Read what is new, and return whether anything is."""
        folder = self._follower.folder.path
        before = self.recording, self.newest, self._unreadable
        self._unreadable = ""
        try:
            self._take(self._newer(folder / RECORDING))
        except EmnistTuiError as error:
            self._take(None)
            self._unreadable = str(error)
        self._look_at_newest(folder / NOW if is_live else None)
        if is_live and self.steps and self.steps[-1] > (self._now_step or -1):
            self.newest, self.newest_step = self.at(len(self.steps) - 1), self.steps[-1]
        else:
            self.newest, self.newest_step = self._now, self._now_step
        return before != (self.recording, self.newest, self._unreadable)

    def at(self, position: int) -> Network | None:
        """Return the network of a frame.

        None if it cannot be read or computed; `problem` says why.
        """
        if self.recording is None:
            return None
        step = self.steps[position]
        if step not in self._kept:
            try:
                frame = self.recording.frame(position)
            except EmnistTuiError as error:
                self._unusable = str(error)
                return None
            network = self._network_of(self.recording.layout, frame)
            if network is None:
                return None
            self._kept[step] = network
        self._kept.move_to_end(step)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return self._kept[step]

    def place_before(self, step: int) -> int | None:
        """Return the frame of the last epoch's end before a step.

        In the first epoch it is the first frame; None if there is none before.
        """
        started = self._follower.record.started
        per_epoch = started.steps_per_epoch if started else 0
        places = [place for place, each in enumerate(self.steps) if each < step]
        ends = [place for place in places if per_epoch and self.steps[place] % per_epoch == 0]
        return ends[-1] if ends else (places[0] if places else None)

    def _newer(self, path: Path) -> Recording | None:
        is_same = self.recording is not None and self.recording.path == path
        return self.recording.newer() if self.recording and is_same else Recording.open(path)

    def _take(self, newer: Recording | None) -> None:
        if newer is None or self.recording is None or newer.origin is not self.recording.origin:
            self._kept.clear()  # a resumed run may have replaced frames
        self.recording = newer

    def _look_at_newest(self, path: Path | None) -> None:
        """Read the weights between two frames, of which there may be none."""
        try:
            status = path.stat() if path else None
        except OSError:
            status = None
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size) if status else None
        if stamp == self._stamp:
            return
        self._stamp = stamp
        found = read_now(path) if path and stamp else None
        self._now = self._network_of(*found) if found else None
        self._now_step = found[1].step if found and self._now else None

    def _network_of(self, layout: Layout, frame: Frame) -> Network | None:
        from emnist_tui.analysis.network.recorded import network_of

        self._unusable = ""
        try:
            return network_of(layout, frame)
        except EmnistTuiError as error:
            self._unusable = str(error)
            return None
