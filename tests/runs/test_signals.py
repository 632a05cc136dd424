"""What asks a process to end."""

import signal
import sys
from collections.abc import Iterator
from types import FrameType

import pytest

from emnist_tui.runs import signals
from emnist_tui.runs.signals import ENDING


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Interrupting:
    """Raises what its handler does, or an error, while it is destroyed."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def __del__(self) -> None:
        if self.error:
            raise self.error
        signal.raise_signal(signal.SIGTERM)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("number", ENDING)
def test_they_call_the_handler_while_the_block_lasts(number: int) -> None:
    called: list[int] = []
    before = signal.getsignal(number)
    with signals.handled(lambda number, _: called.append(number)):
        signal.raise_signal(number)
    assert called == [number]
    assert signal.getsignal(number) is before


def test_the_handler_may_interrupt_and_all_is_as_it_was() -> None:
    before = [signal.getsignal(number) for number in ENDING], sys.unraisablehook
    with pytest.raises(KeyboardInterrupt), signals.handled(interrupt):
        signal.raise_signal(signal.SIGTERM)
    assert ([signal.getsignal(number) for number in ENDING], sys.unraisablehook) == before


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there are no hang-ups")
def test_an_ignored_hang_up_stays_ignored_and_nothing_else_does() -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    called: list[int] = []
    with signals.handled(lambda number, _: called.append(number)):
        for number in ENDING:
            signal.raise_signal(number)
    assert called == [number for number in ENDING if number != signal.SIGHUP]


def test_an_interrupt_that_a_destructor_swallows_is_not_printed_and_other_errors_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    with signals.handled(interrupt):
        Interrupting()
        assert capsys.readouterr().err == ""
        Interrupting(OSError("not closed"))
        assert "not closed" in capsys.readouterr().err
