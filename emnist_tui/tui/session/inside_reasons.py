"""Reasons for an answer, computed in the background."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.explain.activity import Activity, activity
from emnist_tui.analysis.explain.nearest_change import NearestChange, nearest_change
from emnist_tui.analysis.explain.occlusion import Logits, Occlusion, logits_of, occlude
from emnist_tui.analysis.explain.sentences import describe_nearest, describe_occlusion
from emnist_tui.analysis.network.forward import forward
from emnist_tui.analysis.network.network import Network, Pass
from emnist_tui.text.formats import duration
from emnist_tui.tui.session.background import Following, IsStopped
from emnist_tui.tui.session.network_server import RemoteNetwork

Result = TypeVar("Result")

_PAUSE = 4.0  # seconds between two answers about a network that trains, which take a core for 60 ms
_LONG_PAUSE = 20.0  # between two measurements of its activity
_PATIENCE = 1.0  # seconds after which a wait is named


class Reasons:
    """Occlusion, nearest change and activity, each found by a thread."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        remote: Callable[[Network], RemoteNetwork | None] = lambda _: None,
    ) -> None:
        """Compute in numpy, or by a process where `remote` returns one."""
        self._remote = remote
        self._occlusion: Following[Pass, Occlusion] = Following(_PAUSE, clock)
        self._nearest: Following[Pass, NearestChange] = Following(_PAUSE, clock)
        self._activity: Following[Pass, Activity] = Following(_LONG_PAUSE, clock)

    def occlusion(self, passed: Pass, answer: int, against: int) -> Occlusion | None:
        """Return on which parts of the digit a lead hangs."""
        image = passed.image

        def cover(of: Pass, is_stopped: IsStopped) -> Occlusion | None:
            return occlude(self._logits(of), image, answer, against, is_stopped=is_stopped)

        return self._ask(self._occlusion, passed, (id(image), answer, against), cover)

    def nearest(self, passed: Pass) -> NearestChange | None:
        """Return the smallest change of the digit that changes the answer."""
        image, true = passed.image, passed.true

        def change(of: Pass, is_stopped: IsStopped) -> NearestChange | None:
            return nearest_change(self._logits(of), image, true, is_stopped=is_stopped)

        return self._ask(self._nearest, passed, (id(image), true), change)

    def activity(self, passed: Pass, images: NDArray[np.uint8]) -> Activity | None:
        """Return how often the maps are active over a sample of digits."""

        def measure(of: Pass, is_stopped: IsStopped) -> Activity | None:
            remote = self._remote(of.network)
            values = remote.values if remote else partial(forward, of.network)
            return activity(of.network.graph, values, images, is_stopped)

        return self._ask(self._activity, passed, (id(images), passed.network.graph), measure)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Sentences on what was found last."""
        covered, nearest = self._occlusion.answer, self._nearest.answer
        found = (covered and describe_occlusion(covered), nearest and describe_nearest(nearest))
        return tuple(f"{text[0].upper()}{text[1:]}." for text in found if text)

    @property
    def waiting(self) -> str:
        """Description of the wait for the occlusion; empty if there is none."""
        if not self._occlusion.is_waiting:
            return self._occlusion.problem
        seconds = self._occlusion.seconds
        return "covering parts …" + (f"  {duration(seconds)}" if seconds >= _PATIENCE else "")

    def close(self) -> None:
        """Stop all threads, and forget what they found."""
        for each in (self._occlusion, self._nearest, self._activity):
            each.close()

    def forget_occlusion(self) -> None:
        """Stop what is not shown any more."""
        self._occlusion.close()
        self._nearest.close()

    def _logits(self, of: Pass) -> Logits:
        remote = self._remote(of.network)
        return remote.logits if remote else logits_of(of.network)

    def _ask(
        self,
        following: Following[Pass, Result],
        passed: Pass,
        question: object,
        compute: Callable[[Pass, IsStopped], Result | None],
    ) -> Result | None:
        """Ask about a network that someone can compute."""
        if not passed.network.graph.is_computable and self._remote(passed.network) is None:
            return None
        return following.ask(question, passed, compute)
