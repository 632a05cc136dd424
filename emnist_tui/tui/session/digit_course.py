"""Prediction of one digit at every frame, computed in a thread."""

from __future__ import annotations

from threading import Event, Thread

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.course import Turn, predicted_class, turns_of
from emnist_tui.analysis.network.recorded import network_of
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.weights_recording import Recording

_REST = 0.001  # seconds after each frame, in which the app takes its turn


class DigitCourse:
    """Predicted classes of a digit, frame by frame, as far as computed."""

    def __init__(self, image: NDArray[np.uint8], true: int | None = None) -> None:
        """Follow an image, uint8 [28, 28]; nothing is computed yet."""
        self.image, self.true = image, true
        self.predicted: list[int | None] = []
        """Predicted class at each of the first frames; None where it has none."""
        self._steps: tuple[int, ...] = ()
        self._stop = Event()
        self._thread: Thread | None = None
        self._turns: tuple[int, tuple[Turn, ...]] = 0, ()

    @property
    def is_computing(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Where the digit turned right or wrong, as far as computed."""
        done = len(self.predicted)
        if self._turns[0] != done:
            self._turns = done, turns_of(self._steps, self.predicted[:done], self.true)
        return self._turns[1]

    def follow(self, recording: Recording) -> None:
        """Compute the frames that are new; those before are kept.

        A recording that was cut off or replaced is computed anew from there.
        """
        steps = tuple(recording.steps)
        done = len(self.predicted)
        if self._thread and (steps == self._steps or (self.is_computing and steps[: len(self._steps)] == self._steps)):
            return
        if self._steps[:done] != steps[:done]:
            self.close()
            self._stop, self.predicted, self._turns = Event(), [], (0, ())
        self._steps = steps
        self._thread = Thread(
            target=self._compute, args=(recording, self.predicted, self._stop), name="digit-course", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop computing."""
        self._stop.set()

    def _compute(self, recording: Recording, predicted: list[int | None], stop: Event) -> None:
        try:
            while len(predicted) < len(recording.steps) and not stop.is_set():
                network = network_of(recording.layout, recording.frame(len(predicted)))
                predicted.append(predicted_class(network, self.image))
                stop.wait(_REST)
        except EmnistTuiError:
            pass  # the recording has changed, and is followed again
