"""Networks that the Inside screen examines: of the open run, a checkpoint, a file."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.gradients import with_gradients
from emnist_tui.analysis.network.graph import Graph
from emnist_tui.analysis.network.known_graphs import known_graph
from emnist_tui.analysis.network.network import Network, Pass
from emnist_tui.analysis.network.shapes import check
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.weights_recording import NOW, RECORDING, Frame, Layout, Recording, read_now
from emnist_tui.tui.session.inside_digit import InsideDigit
from emnist_tui.tui.widgets.network.view import Timeline

if TYPE_CHECKING:
    from emnist_tui.tui.session.comparison_side import ComparisonSide
    from emnist_tui.tui.session.run_session import RunSession

_OFTEN = 0.5  # seconds between two looks at the weights of a run that trains


class Passes:
    """The last passes, so that nothing is computed twice."""

    def __init__(self) -> None:
        self._made: deque[tuple[Network, InsideDigit, Pass]] = deque(maxlen=6)

    def of(self, network: Network, digit: InsideDigit) -> Pass:
        """Return a network's pass of a digit, always the same one."""
        for of_network, of_digit, passed in self._made:
            if of_network is network and of_digit is digit:
                return passed
        passed = with_gradients(examine(network, digit.image, digit.true))
        self._made.append((network, digit, passed))
        return passed


class OpenedNetwork:
    """Network of the open run, live while it trains, or of the open checkpoint."""

    def __init__(self, opened: RunSession, clock: Callable[[], float] = time.monotonic) -> None:
        self._opened = opened
        self._clock = clock
        self._looked = float("-inf")
        self._weights = RunWeights(opened.follower.folder.path)
        self._passes = Passes()

    @property
    def name(self) -> str:
        return self._opened.name

    @property
    def sentence(self) -> str:
        """Why there is no network yet."""
        return "" if self._weights.newest else "The weights appear with the first steps of the training."

    @property
    def timeline(self) -> Timeline:
        return Timeline()

    def examine(self, digit: InsideDigit) -> Pass | None:
        """Return the newest weights' pass of a digit."""
        if self._clock() - self._looked >= _OFTEN:
            self._looked = self._clock()
            self._weights.look()
        return self._passes.of(self._weights.newest, digit) if self._weights.newest else None

    def examine_before(self, digit: InsideDigit) -> tuple[Pass | None, str]:
        """Return the pass with the weights at the end of the last epoch, or at the start."""
        ended = [epoch for epoch in self._opened.record.epochs if epoch.step < self._weights.step]
        step, name = (ended[-1].step, f"epoch {ended[-1].epoch}") if ended else (0, "the start")
        before = self._weights.at(step)
        return (self._passes.of(before, digit), name) if before else (None, "")

    def close(self) -> None:
        """Nothing is under way."""


class RunWeights:
    """Weights that a run folder holds: the newest, and those of its recording."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.newest: Network | None = None
        """None if there are none yet, or the network is unknown."""
        self.step = 0
        """Step of the newest weights."""
        self._read: object = None
        self._recording: Recording | None = None
        self._kept: dict[int, Network | None] = {}

    def look(self) -> None:
        """Look for newer weights."""
        with suppress(EmnistTuiError):
            self._recording = self._recording.newer() if self._recording else Recording.open(self._folder / RECORDING)
        path = self._folder / NOW
        stamp = _stamp(path)
        if stamp is not None and stamp != self._read:
            self._read = stamp
            if found := read_now(path):
                self._take(*found)
        if stamp is None and (recording := self._recording) and recording.steps and recording.steps[-1] != self._read:
            self._read = recording.steps[-1]
            with suppress(EmnistTuiError):
                self._take(recording.layout, recording.frame(len(recording.steps) - 1))

    def at(self, step: int) -> Network | None:
        """Return the network of the last frame up to a step."""
        recording = self._recording
        position = bisect_right(recording.steps, step) - 1 if recording else -1
        if recording is None or position < 0:
            return None
        if step not in self._kept:
            self._kept.clear()
            self._kept[step] = None
            with suppress(EmnistTuiError):
                self._kept[step] = network_of(recording.layout, recording.frame(position))
        return self._kept[step]

    def _take(self, layout: Layout, frame: Frame) -> None:
        if network := network_of(layout, frame):
            self.newest, self.step = network, frame.step


class SideNetwork(OpenedNetwork):
    """Network of one side of a comparison."""

    def __init__(self, side: ComparisonSide) -> None:
        self._side = side


def network_of(layout: Layout, frame: Frame) -> Network | None:
    """Return a frame's network; None if it is unknown or damaged, or only torch can compute it."""
    try:
        graph = Graph.from_json(layout.graph) if layout.graph else known_graph(layout.model)
        if graph is None or not graph.is_computable:
            return None
        network = Network(graph, frame.weights)
        check(network)
    except ValueError:
        return None
    return network


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
