"""Results computed by a thread while the app goes on."""

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Generic, TypeVar

from emnist_tui.runs.errors import EmnistTuiError

Subject = TypeVar("Subject")
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

    def ask(self, key: object, compute: Callable[[IsStopped], Result | None]) -> Result | None:
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


class Following(Generic[Subject, Result]):
    """Result of a question about something that changes.

    Such as the weights of a run that trains. The question is asked again after a change, at most every few seconds;
    meanwhile its last answer holds.
    """

    def __init__(self, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Ask again at most every `pause` seconds."""
        self._pause, self._clock = pause, clock
        self._background: Background[Result] = Background(clock)
        self._question: object = None
        self._subjects: list[Subject] = []
        """The one that was asked about, if any."""
        self._asked = float("-inf")
        self.answer: Result | None = None
        """Last answer to the question; None until there is one."""

    def ask(
        self, question: object, subject: Subject, compute: Callable[[Subject, IsStopped], Result | None]
    ) -> Result | None:
        """Return the newest answer to a question; None until there is one.

        Call it again and again while the answer is wanted. Subjects are told apart by identity.
        """
        now = self._clock()
        is_new = question != self._question
        if is_new:
            self._question, self.answer = question, None
        is_other = not self._subjects or self._subjects[0] is not subject
        if is_new or (is_other and now - self._asked >= self._pause):
            self._subjects, self._asked = [subject], now
        of = self._subjects[0]
        found = self._background.ask((question, id(of)), lambda is_stopped: compute(of, is_stopped))
        if found is not None:
            self.answer = found
        return self.answer

    @property
    def is_waiting(self) -> bool:
        """Whether a question has no answer yet, and nothing went wrong."""
        return self._question is not None and self.answer is None and not self.problem

    @property
    def seconds(self) -> float:
        """Seconds since the question, while it has no answer at all."""
        return self._background.seconds if self.answer is None else 0.0

    @property
    def problem(self) -> str:
        """Why there is no answer, as a sentence; empty without a failure."""
        return self._background.problem

    def close(self) -> None:
        """Stop, and forget what is known."""
        self._background.close()
        self._question, self._subjects, self.answer = None, [], None


class _Work(Generic[Result]):
    """One question, and the thread that answers it."""

    def __init__(self, key: object, compute: Callable[[IsStopped], Result | None]) -> None:
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
        except Exception as error:
            self.problem = f"This could not be computed: {type(error).__name__}: {' '.join(str(error).split())}."
