"""Handling of termination signals."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from emnist_tui.runs import signals
from emnist_tui.runs.signals import ENDING
from tests.support.process import environment


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Interrupting:
    """An object that raises a signal or an error in its destructor."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def __del__(self) -> None:
        if self.error:
            raise self.error
        signal.raise_signal(signal.SIGTERM)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    raise signals.Interrupted


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="the platform has no such signals")
def test_the_warnings_of_batch_systems_are_handled() -> None:
    assert {signal.SIGUSR1, signal.SIGUSR2, signal.SIGXCPU} < set(ENDING)


@pytest.mark.parametrize("number", ENDING)
def test_the_handler_is_called_during_the_block_only(number: int) -> None:
    called: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    with signals.handled(lambda number, _: called.append(number)):
        signal.raise_signal(number)
    assert called == [number]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_block_without_a_signal_restores_handlers_and_hook() -> None:
    before = [signal.getsignal(number) for number in ENDING], sys.unraisablehook
    with pytest.raises(ValueError, match="other"), signals.handled(interrupt):
        raise ValueError("other")
    assert ([signal.getsignal(number) for number in ENDING], sys.unraisablehook) == before


def test_a_signal_that_is_repeated_does_not_end_a_process_that_exits() -> None:
    before = signal.getsignal(signal.SIGINT), sys.unraisablehook
    with pytest.raises(KeyboardInterrupt), signals.handled(interrupt):
        signal.raise_signal(signal.SIGTERM)
    for number in set(ENDING) - {signal.SIGINT}:
        signal.raise_signal(number)
    assert (signal.getsignal(signal.SIGINT), sys.unraisablehook) == before


def test_only_interrupt_and_termination_cannot_be_ignored() -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    called: list[int] = []
    with signals.handled(lambda number, _: called.append(number)):
        for number in ENDING:
            signal.raise_signal(number)
    assert called == [signal.SIGINT, signal.SIGTERM]


def test_only_interrupts_lost_in_a_destructor_are_silenced(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    with signals.handled(interrupt):
        Interrupting()
        assert capsys.readouterr().err == ""
        Interrupting(OSError("not closed"))
        assert "not closed" in capsys.readouterr().err


def test_the_exit_code_of_a_module_survives_an_interruption_of_executed_text(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(
        "import sys\n"
        "from emnist_tui.runs.signals import Interrupted\n"
        "try:\n"
        "    exec('raise Interrupted')\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(130)\n"
    )
    command = [sys.executable, "-m", "interrupted"]
    assert subprocess.run(command, cwd=tmp_path, env=environment(), check=False).returncode == 130
