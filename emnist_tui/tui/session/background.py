"""Results computed by a thread while the app goes on."""

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Generic, TypeVar

from emnist_tui.runs.errors import EmnistTuiError

Result = TypeVar("Result")
IsStopped = Callable[[], bool]


class Background(Generic[Result]):
    """Result of the newest question, found by one thread at a time.

    The thread is told to stop once another question is asked or the result is no longer wanted, and never keeps the
    process alive.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wanted: object = None
        self._working: _Work[Result] | None = None
        self._done: _Work[Result] | None = None
        self._since = 0.0

    def ask(self, key: object, compute: Callable[[IsStopped], Result]) -> Result | None:
        """Return the result for `key`; None until a thread has it.

        Call it again and again with equal keys while the result is wanted. `compute` gets a function that tells whether
        it shall stop.
        """
        if key != self._wanted:
            self._wanted, self._since = key, self._clock()
        if self._working and self._working.is_done:
            self._done, self._working = self._working, None
        if self._done and self._done.key == key:
            return self._done.result
        if self._working is None:
            self._working = _Work(key, compute)
        elif self._working.key != key:
            self._working.stop()
        return None

    @property
    def last(self) -> Result | None:
        """Result of the last question that was answered."""
        return self._done.result if self._done else None

    @property
    def seconds(self) -> float:
        """Seconds since the newest question; 0 once it is answered."""
        is_answered = self._wanted is None or (self._done is not None and self._done.key == self._wanted)
        return 0.0 if is_answered else self._clock() - self._since

    @property
    def problem(self) -> str:
        """Why there is no result, as a sentence; empty without a failure."""
        return self._done.problem if self._done and self._done.key == self._wanted else ""

    def close(self) -> None:
        """Tell the thread to stop, and forget what is known."""
        if self._working:
            self._working.stop()
        self._wanted = self._working = self._done = None


class _Work(Generic[Result]):
    """One question, and the thread that answers it."""

    def __init__(self, key: object, compute: Callable[[IsStopped], Result]) -> None:
        self.key = key
        self.result: Result | None = None
        self.problem = ""
        self._compute = compute
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        try:
            self.result = self._compute(self._stop.is_set)
        except EmnistTuiError as error:
            self.problem = str(error)
        except Exception as error:  # noqa: BLE001 - a thread's failure must not be lost, nor end the app
            self.problem = f"This could not be computed: {type(error).__name__}: {' '.join(str(error).split())}."
