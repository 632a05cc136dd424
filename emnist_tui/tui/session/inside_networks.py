"""Networks that the Inside screen examines: of the open run, a checkpoint, a file."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.graph import Graph
from emnist_tui.analysis.network.network import Network, Pass
from emnist_tui.runs.weights_recording import NOW, read_now
from emnist_tui.tui.session.inside_digit import InsideDigit
from emnist_tui.tui.widgets.network.view import Timeline

if TYPE_CHECKING:
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
        passed = examine(network, digit.image, digit.true)
        self._made.append((network, digit, passed))
        return passed


class OpenedNetwork:
    """Network of the open run, live while it trains, or of the open checkpoint."""

    def __init__(self, opened: RunSession, clock: Callable[[], float] = time.monotonic) -> None:
        self._opened = opened
        self._clock = clock
        self._looked = float("-inf")
        self._network: Network | None = None
        self._read: object = None
        self._passes = Passes()
        self.sentence = ""

    @property
    def name(self) -> str:
        return self._opened.name

    @property
    def timeline(self) -> Timeline:
        return Timeline()

    def examine(self, digit: InsideDigit) -> Pass | None:
        """Return the newest weights' pass of a digit."""
        if self._clock() - self._looked >= _OFTEN:
            self._looked = self._clock()
            self._refresh()
        return self._passes.of(self._network, digit) if self._network else None

    def examine_before(self, digit: InsideDigit) -> tuple[Pass | None, str]:
        """Return the pass with the weights at the end of the last epoch."""
        return None, ""

    def close(self) -> None:
        """Nothing is under way."""

    def _refresh(self) -> None:
        path = self._opened.follower.folder.path / NOW
        stamp = _stamp(path)
        if stamp is None or stamp == self._read:
            return
        self._read = stamp
        if found := read_now(path):
            layout, frame = found
            self._network = Network(Graph.from_json(layout.graph), frame.weights)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
