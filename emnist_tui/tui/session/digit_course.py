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
        self._recording: Recording | None = None
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
            steps = self._recording.steps if self._recording else ()
            self._turns = done, turns_of(steps, self.predicted[:done], self.true)
        return self._turns[1]

    def follow(self, recording: Recording) -> None:
        """Compute the frames that are new; those before are kept.

        One whose frames were replaced is computed anew.
        """
        if self._recording and recording.origin is not self._recording.origin:
            self.close()
            self._stop, self.predicted, self._turns = Event(), [], (0, ())
        elif self._thread and (recording is self._recording or self.is_computing):
            return
        self._recording = recording
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
                if not network.graph.is_computable:
                    return
                predicted.append(predicted_class(network, self.image))
                stop.wait(_REST)
        except EmnistTuiError:
            pass  # the recording has changed, and is followed again
