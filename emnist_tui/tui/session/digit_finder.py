"""Digits by their index, at hand or by a process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.digit_sample import Digit, DigitSample, read_sample
from emnist_tui.text.formats import printable
from emnist_tui.tui.session.inside_digit import DigitPlace, InsideDigit, digit_of, shipped_digit
from emnist_tui.tui.session.network_server import DataOf, NetworkServer, Request
from emnist_tui.tui.widgets.network.view import DigitLabel

if TYPE_CHECKING:
    from emnist_tui.tui.session.run_session import RunSession


class DigitFinder:
    """Digits of the open run's or checkpoint's data."""

    def __init__(self, opened: RunSession, server: NetworkServer) -> None:
        """Read nothing yet."""
        self._opened, self._server = opened, server
        self._asked_for: DigitPlace | Path | None = None
        self._found: InsideDigit | None = None
        self._request: Request[Any] | None = None
        self._problem = ""
        self._sample: tuple[str, DigitSample | None] = "", None
        self._asked: Request[DigitSample] | None = None

    @property
    def status(self) -> str:
        """Description of the wait; empty if there is none."""
        return self._request.status if self._request else ""

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the data; empty if unknown."""
        started, evaluation = self._opened.record.started, self._opened.evaluation
        return (started.fingerprint if started else "") or (evaluation.fingerprint if evaluation else "")

    def any_digit(self) -> InsideDigit:
        """Return a test digit of the sample, else the shipped one."""
        sample = self.sample()
        if sample is None:
            return shipped_digit()
        return _sampled(sample, 0)

    def sample(self) -> DigitSample | None:
        """Return the test digits that are kept on disk, if any.

        While nothing trains, the process reads them once where there are none.
        """
        if self._sample[0] != self.fingerprint:
            self._sample, self._asked = (self.fingerprint, read_sample(self.fingerprint)), None
        if self._sample[1] is None and self._asked and self._asked.answer:
            self._sample = self.fingerprint, self._asked.answer
        return self._sample[1]

    def ask_for_sample(self) -> None:
        """Let the process read test digits, unless the run trains."""
        if self.fingerprint and self.sample() is None and self._asked is None and not self._opened.state.is_live:
            self._asked = self._server.sample(self._data())

    def find(self, asked: DigitPlace | Path) -> None:
        """Look for a digit; `poll` returns it."""
        self._request, self._problem = None, ""
        self._asked_for = asked
        if isinstance(asked, Path):
            self._request = self._server.picture(asked)
            return
        self._found = self._at_hand(asked)
        if self._found is None:
            self._request = self._server.digit(self._data(), asked.split, asked.index)

    def poll(self) -> InsideDigit | None:
        """Return the digit once, when it is there."""
        if self._request and self._request.is_done:
            request, self._request = self._request, None
            self._problem = request.problem
            self._found = self._answered(request.answer)
        found, self._found = self._found, None
        return found

    def _answered(self, answer: Digit | NDArray[np.uint8] | None) -> InsideDigit | None:
        asked = self._asked_for
        if isinstance(answer, Digit) and isinstance(asked, DigitPlace):
            return InsideDigit(answer.image, asked.label, answer.label)
        if isinstance(answer, np.ndarray) and isinstance(asked, Path):
            return InsideDigit(answer, DigitLabel(printable(asked.name)))
        return None

    def take_problem(self) -> str:
        """Return once why there is no such digit; empty otherwise."""
        problem, self._problem = self._problem, ""
        return problem

    def _at_hand(self, place: DigitPlace) -> InsideDigit | None:
        """Return a digit among the mistakes, or the sample."""
        evaluation = self._opened.evaluation
        if evaluation and evaluation.split == place.split:
            row = int(np.searchsorted(evaluation.wrong, place.index))
            if row < len(evaluation.wrong_images) and evaluation.wrong[row] == place.index:
                return digit_of(evaluation.mistake(row), place.split)
        if place.split == "test" and (sample := self.sample()):
            row = int(np.searchsorted(sample.indices, place.index))
            if row < len(sample.indices) and sample.indices[row] == place.index:
                return _sampled(sample, row)
        return None

    def _data(self) -> DataOf:
        opened = self._opened
        if opened.checkpoint:
            return DataOf(checkpoint=opened.checkpoint, fingerprint=self.fingerprint)
        return DataOf(run=opened.follower.folder.path, fingerprint=self.fingerprint)


def _sampled(sample: DigitSample, row: int) -> InsideDigit:
    place = DigitPlace("test", int(sample.indices[row]))
    return InsideDigit(sample.images[row], place.label, int(sample.labels[row]))
