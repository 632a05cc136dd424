"""The clock of the time spent training."""

import os
import signal
import time

import pytest

from emnist_tui.learning.training.lap_clock import LapClock


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a list whose one number is the time."""
    value = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: value[0])
    return value


def test_laps_add_up_and_a_restart_is_left_out(now: list[float]) -> None:
    clock = LapClock()
    now[0] = 102.0
    assert clock.seconds == 2.0
    assert clock.take() == 2.0
    now[0] = 105.0
    clock.restart()
    now[0] = 106.0
    assert clock.take() == 1.0


@pytest.mark.skipif(not hasattr(signal, "SIGCONT"), reason="needs job control")
def test_time_in_which_the_process_is_stopped_is_left_out(now: list[float]) -> None:
    clock = LapClock()
    handler = signal.getsignal(signal.SIGCONT)
    with clock.restarted_on_continue():
        now[0] = 500.0  # stopped meanwhile
        os.kill(os.getpid(), signal.SIGCONT)
        now[0] = 501.0
        assert clock.take() == 1.0
    assert signal.getsignal(signal.SIGCONT) is handler
