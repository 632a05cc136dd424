from pathlib import Path

import pytest

from emnist_tui.learning.training import control_poller
from emnist_tui.learning.training.control_poller import ControlPoller
from emnist_tui.runs.control import Control, Desired, ask_for, ask_for_save, read_control


@pytest.fixture
def control(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(control_poller, "_LOOK_EVERY", 0.0)
    return tmp_path / "control.json"


def test_no_file_is_no_wish(control: Path) -> None:
    watch = ControlPoller(control)
    assert not watch.look()
    assert watch.desired is Desired.RUN
    assert not watch.take_save()


def test_it_follows_the_file(control: Path) -> None:
    watch = ControlPoller(control)
    for desired in (Desired.PAUSE, Desired.RUN, Desired.STOP):
        ask_for(control, desired)
        assert watch.look() is (desired is not Desired.RUN)
        assert watch.desired is desired
    control.unlink()
    assert not watch.look()


def test_a_save_is_taken_once(control: Path) -> None:
    watch = ControlPoller(control)
    ask_for_save(control)
    ask_for_save(control)
    assert watch.look()
    assert watch.take_save()
    assert not watch.take_save()
    assert not watch.look()
    ask_for_save(control)
    assert watch.look()


def test_a_signal_outweighs_the_file(control: Path) -> None:
    watch = ControlPoller(control)
    ask_for(control, Desired.PAUSE)
    watch.stop()
    assert watch.look()
    assert watch.desired is Desired.STOP


def test_a_file_that_did_not_change_is_not_read_again(control: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []

    def count(path: Path) -> Control:
        reads.append(path)
        return read_control(path)

    monkeypatch.setattr(control_poller, "read_control", count)
    watch = ControlPoller(control)
    ask_for(control, Desired.PAUSE)
    for _ in range(5):
        assert watch.look()
    assert len(reads) == 1


def test_it_looks_at_most_every_20_milliseconds(control: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_poller, "_LOOK_EVERY", 0.020)
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    watch = ControlPoller(control)
    assert not watch.look()
    ask_for(control, Desired.STOP)
    now = 100.019
    assert not watch.look()
    now = 100.021
    assert watch.look()
