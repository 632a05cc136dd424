"""Queue of messages that are shown for seconds."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

_ANSWER = 1.0  # seconds after a key in which a message counts as its answer
_LEAST = {"information": 3.0}  # seconds of a message while others wait
_LEAST_OTHERS = 5.0


@dataclass(frozen=True)
class Message:
    """One sentence, its severity, and its seconds on the screen.

    The severity is `error`, `warning`, `information` or, of a notice that stays, `waiting` or `hint`.
    """

    text: str
    severity: str = "information"
    timeout: float = 5.0
    is_true: Callable[[], bool] = lambda: True
    """Whether the sentence still holds; it disappears once it does not."""


class MessageQueue:
    """Messages shown one after another, the answer to a key at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: deque[Message] = deque()
        self._current: Message | None = None
        self._since = 0.0
        """Time at which the current message appeared."""
        self._answered: float | None = None
        """Time of the key that the current message answers; None for other messages."""
        self._key = float("-inf")

    def note_key(self) -> None:
        """Note that the user pressed a key or mouse button."""
        self._key = self._clock()

    def add(self, message: Message) -> None:
        """Add a message unless the same text already waits.

        The answer to a key replaces that to an earlier one, and takes precedence over all others.
        """
        now, current = self._clock(), self.current()
        key = self._key if now - self._key < _ANSWER else None
        if current and current.text == message.text:
            self._since, self._answered = now, key
        elif any(message.text == other.text for other in self._waiting):
            return
        elif current is None:
            self._show(message, key)
        elif key is not None and self._answered != key:
            if self._answered is None and now - self._since < _least(current):
                self._waiting.appendleft(current)
            self._show(message, key)
        else:
            self._waiting.append(message)

    def current(self) -> Message | None:
        """Return the message to show now."""
        while self._current:
            least = min(self._current.timeout, _least(self._current))
            is_due = self._clock() - self._since >= (least if self._waiting else self._current.timeout)
            if not is_due and self._current.is_true():
                break
            self.skip()
        return self._current

    def skip(self) -> None:
        """End the current message before its time."""
        self._current = None
        if self._waiting:
            self._show(self._waiting.popleft(), None)

    def _show(self, message: Message, key: float | None) -> None:
        self._current, self._since, self._answered = message, self._clock(), key


def _least(message: Message) -> float:
    return _LEAST.get(message.severity, _LEAST_OTHERS)
