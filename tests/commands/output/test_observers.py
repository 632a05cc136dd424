"""Observers of a run, and an observer that cannot write."""

from emnist_tui.commands.output.observers import Observers
from emnist_tui.runs.events import Event, Paused


class _Recorder:
    def __init__(self, *, is_broken: bool = False) -> None:
        self.events: list[Event] = []
        self.is_closed = False
        self._is_broken = is_broken

    def observe(self, event: Event) -> None:
        if self._is_broken:
            raise BrokenPipeError
        self.events.append(event)

    def close(self) -> None:
        self.is_closed = True
        if self._is_broken:
            raise BrokenPipeError


def test_every_observer_gets_every_event() -> None:
    recorders = [_Recorder(), _Recorder()]
    observers = Observers(recorders)
    event = Paused(step=1)
    observers.observe(event)
    observers.close()
    assert [(recorder.events, recorder.is_closed) for recorder in recorders] == [([event], True)] * 2


def test_broken_observer_is_reported_and_the_others_continue() -> None:
    calls: list[str] = []
    working = _Recorder()
    observers = Observers([_Recorder(is_broken=True), working], lambda: calls.append("unwritable"))
    observers.observe(Paused(step=1))
    observers.close()
    assert calls == ["unwritable"]
    assert len(working.events) == 1
    assert working.is_closed


def test_broken_observer_without_a_callback_is_ignored() -> None:
    observers = Observers([_Recorder(is_broken=True)])
    observers.observe(Paused(step=1))
    observers.close()
