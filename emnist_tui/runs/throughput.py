"""Recent throughput of a training."""

from collections import deque

_WINDOW = 3.0  # seconds of training over which it is measured


class Throughput:
    """Optimizer steps per second over the last seconds of training."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()
        """Time and step of recent batches."""

    def add(self, time: float, step: int) -> None:
        """Note that a step was done at a time, in seconds."""
        if self._marks and time < self._marks[-1][0]:
            self._marks.clear()  # the clock was set back
        self._marks.append((time, step))
        while time - self._marks[0][0] > _WINDOW and len(self._marks) > 2:
            self._marks.popleft()

    def clear(self) -> None:
        """Forget the batches before a pause or another wait."""
        self._marks.clear()

    @property
    def steps_per_second(self) -> float | None:
        """The steps per second; None until time has passed between batches."""
        if len(self._marks) < 2:
            return None
        (first_time, first_step), (last_time, last_step) = self._marks[0], self._marks[-1]
        return (last_step - first_step) / (last_time - first_time) if last_time > first_time else None
