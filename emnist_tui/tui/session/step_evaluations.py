"""Evaluations of a sample of digits at a replay's steps."""

from __future__ import annotations

import time
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emnist_tui.analysis.digit_sample import DigitSample
    from emnist_tui.analysis.network.network import Network
    from emnist_tui.analysis.predictions import Evaluation
    from emnist_tui.runs.follower import RunFollower
    from emnist_tui.tui.session.network_server import NetworkServer, Request
    from emnist_tui.tui.session.replay import Replay

_PLAYED_EVERY = 0.5  # seconds between two of a replay that plays: a matrix is several kilobytes
_KEPT = 40  # evaluations, of up to 400 kB each

COMPUTING = "computing …"
"""Status while an evaluation is computed."""

Key = tuple[int, int]
"""Step, and checksum of the weights, which a resumed run may change."""


@dataclass(eq=False)
class _Job:
    """Evaluation of one network in a thread."""

    key: Key
    network: Network
    stop: Event = field(default_factory=Event)
    found: Evaluation | None = None
    is_done: bool = False


class StepEvaluations:
    """Evaluations at the replay's positions, computed while they are asked for.

    The digits are those that are kept on disk, or a process is asked for them once.
    """

    def __init__(
        self,
        follower: RunFollower,
        replay: Replay,
        start_server: Callable[[], NetworkServer] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Evaluate nothing yet."""
        self._follower = follower
        self._replay = replay
        self._start_server = start_server
        self._clock = clock
        self._sample: DigitSample | None = None
        self._server: NetworkServer | None = None
        self._asked: Request[DigitSample] | None = None
        self._job: _Job | None = None
        self._kept: OrderedDict[Key, Evaluation | None] = OrderedDict()
        self._keyed: tuple[Network | None, Key] = None, (0, 0)
        self._shown: tuple[int, Evaluation] | None = None
        self._next = 0.0
        """When another one may be shown while the replay plays."""
        self.status = ""
        """Why the evaluation is not that of the position; empty if it is."""

    def poll(self) -> tuple[int, Evaluation] | None:
        """Return the step and evaluation at the replay's position.

        While that is computed it is an earlier one, as long as there is any. None without a position. Never waits.
        """
        step = self._replay.step_shown
        if step is None:
            self._shown, self.status = None, ""
            self.close()
            return None
        self._take()
        self.status = self._ask(step)
        return self._shown

    def close(self) -> None:
        """End what is under way."""
        if self._job:
            self._job.stop.set()
        if self._server:
            self._server.close()
        self._server = self._asked = None

    def _ask(self, step: int) -> str:
        """Show the evaluation of a step, or begin it.

        Returns the status.
        """
        network = self._replay.network()
        if network is None:
            return self._replay.problem
        if not network.graph.is_computable:
            return "Only torch can compute this network, so there is no matrix of its steps."
        if (status := self._find_sample()) or self._sample is None:
            return status
        key = self._key_of(step, network)
        if key in self._kept:
            found = self._kept[key]
            self._kept.move_to_end(key)
            self._show(step, found)
            return "" if found else "The network's outputs at this step are not finite numbers."
        if self._job is None:
            self._job = _Job(key, network)
            Thread(target=_run, args=(self._job, self._sample), name="step-evaluation", daemon=True).start()
        return COMPUTING

    def _take(self) -> None:
        """Take in what was computed.

        It is shown even if the replay has moved on: a fast one would show none otherwise.
        """
        if self._job is None or not self._job.is_done:
            return
        job, self._job = self._job, None
        if job.stop.is_set():
            return
        self._kept[job.key] = job.found
        self._show(job.key[0], job.found)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def _show(self, step: int, found: Evaluation | None) -> None:
        """Show an evaluation, unless the replay plays and one was just shown."""
        now = self._clock()
        if found and (now >= self._next or not self._replay.speed):
            if self._shown != (step, found):
                self._next = now + _PLAYED_EVERY
            self._shown = step, found

    def _key_of(self, step: int, network: Network) -> Key:
        if self._keyed[0] is not network:
            checksum = 0
            for weight in network.weights.values():
                checksum = zlib.crc32(weight.tobytes(), checksum)
            self._keyed = network, (step, checksum)
        return self._keyed[1]

    def _find_sample(self) -> str:
        """Ask for the digits unless they are there, and return the wait."""
        started = self._follower.record.started
        if self._sample or not started:
            return ""
        if self._asked is None:
            from emnist_tui.analysis.digit_sample import read_sample
            from emnist_tui.tui.session.network_server import DataOf, NetworkServer

            self._sample = read_sample(started.fingerprint)
            if self._sample:
                return ""
            self._server = (self._start_server or NetworkServer)()
            self._asked = self._server.sample(DataOf(self._follower.folder.path, fingerprint=started.fingerprint))
        if self._server:
            self._server.update()
        if self._asked.is_done and self._server:
            self._sample = self._asked.answer
            self._server.close()
            self._server = None
        return self._asked.problem or self._asked.status


def _run(job: _Job, sample: DigitSample) -> None:
    from emnist_tui.analysis.network.sample_evaluation import evaluate_sample

    try:
        job.found = evaluate_sample(job.network, sample, job.stop)
    finally:
        job.is_done = True
