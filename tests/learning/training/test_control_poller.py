from pathlib import Path

import pytest

from emnist_tui.learning.training import control_poller
from emnist_tui.learning.training.control_poller import ControlPoller
from emnist_tui.runs.control import Control, Desired, ask_for, ask_for_save, read_control


@pytest.fixture
def control(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(control_poller, "_POLL_EVERY", 0.0)
    return tmp_path / "control.json"


def test_a_missing_file_requests_nothing(control: Path) -> None:
    poller = ControlPoller(control)
    assert not poller.poll()
    assert poller.desired is Desired.RUN
    assert not poller.take_save()


def test_polling_follows_the_file(control: Path) -> None:
    poller = ControlPoller(control)
    for desired in (Desired.PAUSE, Desired.RUN, Desired.STOP):
        ask_for(control, desired)
        assert poller.poll() is (desired is not Desired.RUN)
        assert poller.desired is desired
    control.unlink()
    assert not poller.poll()


def test_a_requested_save_is_taken_once(control: Path) -> None:
    poller = ControlPoller(control)
    ask_for_save(control)
    ask_for_save(control)
    assert poller.poll()
    assert poller.take_save()
    assert not poller.take_save()
    assert not poller.poll()
    ask_for_save(control)
    assert poller.poll()


def test_a_requested_stop_has_precedence_over_the_file(control: Path) -> None:
    poller = ControlPoller(control)
    ask_for(control, Desired.PAUSE)
    poller.request_stop()
    assert poller.poll()
    assert poller.desired is Desired.STOP


def test_an_unchanged_file_is_read_once(control: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []

    def count(path: Path) -> Control:
        reads.append(path)
        return read_control(path)

    monkeypatch.setattr(control_poller, "read_control", count)
    poller = ControlPoller(control)
    ask_for(control, Desired.PAUSE)
    for _ in range(5):
        assert poller.poll()
    assert len(reads) == 1


def test_the_file_is_checked_at_most_every_20_milliseconds(control: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_poller, "_POLL_EVERY", 0.020)
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    poller = ControlPoller(control)
    assert not poller.poll()
    ask_for(control, Desired.STOP)
    now = 100.019
    assert not poller.poll()
    now = 100.021
    assert poller.poll()
