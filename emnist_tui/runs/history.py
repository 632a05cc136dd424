"""Loss and accuracy of all batches in bounded memory."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CAPACITY = 32_768
"""Maximum number of points; beyond it neighboring points are averaged, so that a chart of any run costs the same."""

SMOOTHING = 100
"""Batches in the moving average that is shown as the current loss or accuracy."""


class History:
    """Points in order of steps, each the mean of `stride` batches.

    `stride` is 1 until there are more than `capacity` points, then doubles as often as needed.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._points = np.empty((capacity, 3))
        self._count = 0
        self._pending = np.empty((0, 3))
        """Newest batches, too few for a point; float64 [batches, 3] of step, loss, accuracy."""
        self.stride = 1
        self.is_sampled = False
        """Whether batches are missing, which came faster than they could be read."""
        self.revision = 0
        """Grows with every change."""

    def __len__(self) -> int:
        return self._count

    @property
    def steps(self) -> npt.NDArray[np.float64]:
        """Step of each point's last batch, increasing; float64 [points]."""
        return self._points[: self._count, 0]

    @property
    def loss(self) -> Floats:
        """Loss in nats; float64 [points]."""
        return self._points[: self._count, 1]

    @property
    def accuracy(self) -> Floats:
        """Accuracy, 0 to 1; float64 [points]."""
        return self._points[: self._count, 2]

    @property
    def window(self) -> int:
        """Number of points in the moving average."""
        return max(1, SMOOTHING // self.stride)

    def append(self, last_step: int, loss: list[float], accuracy: list[float]) -> None:
        """Append the batches that end at `last_step`."""
        self.revision += 1
        rows = np.empty((min(len(loss), len(accuracy)), 3))
        first = last_step - len(loss) + 1
        rows[:, 0] = np.arange(first, first + len(rows))
        rows[:, 1], rows[:, 2] = loss[: len(rows)], accuracy[: len(rows)]
        self._pending = np.concatenate((self._pending, rows))
        while len(self._pending) >= self.stride:
            self._take_pending()

    def drop_after(self, step: int) -> None:
        """Discard the batches after `step`, which a run resumed there trains again."""
        self.revision += 1
        self._pending = self._pending[self._pending[:, 0] <= step]
        self._count = int(np.searchsorted(self.steps, step, side="right"))

    def current(self, values: Floats) -> float | None:
        """Compute the mean of the last `SMOOTHING` batches; None without any."""
        return float(values[-self.window :].mean()) if self._count else None

    def smoothed(self, values: Floats) -> Floats:
        """Compute the moving average of `SMOOTHING` batches; float64 [points].

        Points near the start average fewer batches.
        """
        sums = np.cumsum(values)
        means = sums / self.window
        means[self.window :] -= sums[: -self.window] / self.window
        first = min(self.window, len(values))
        means[:first] = sums[:first] / np.arange(1, first + 1)
        return means

    def _take_pending(self) -> None:
        whole = len(self._pending) // self.stride
        room = len(self._points) - self._count
        if room == 0:
            self._halve()
            return
        taken = min(whole, room)
        rows = self._pending[: taken * self.stride].reshape(taken, self.stride, 3)
        self._pending = self._pending[taken * self.stride :]
        target = self._points[self._count : self._count + taken]
        target[:, 0] = rows[:, -1, 0]
        target[:, 1:] = rows[:, :, 1:].mean(axis=1)
        self._count += taken

    def _halve(self) -> None:
        pairs = self._points[: self._count // 2 * 2].reshape(-1, 2, 3)
        halved = np.column_stack((pairs[:, 1, 0], pairs[:, :, 1:].mean(axis=1)))
        self._count = len(halved)
        self._points[: self._count] = halved
        self.stride *= 2
