"""The file system's clock, with one of this machine's that is wrong."""

import time
from pathlib import Path

import pytest

from emnist_tui.runs.sweeps import clock
from emnist_tui.runs.sweeps.clock import FolderClock, probe

HOUR = 3600.0


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put this machine's clock an hour ahead of that of the file system."""
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + HOUR)


def modified(path: Path) -> float:
    path.write_text("now")
    return path.stat().st_mtime


def test_a_probe_tells_the_time_and_leaves_nothing(tmp_path: Path) -> None:
    probed = probe(tmp_path)
    assert probed is not None
    assert abs(probed - modified(tmp_path / "file")) < 5
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert probe(tmp_path / "missing") is None


@pytest.mark.usefixtures("late")
def test_the_clock_is_that_of_the_files_whatever_this_machine_says(tmp_path: Path) -> None:
    assert abs(FolderClock(tmp_path).now() - modified(tmp_path / "file")) < 60


def test_the_folder_is_asked_once_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def probe_thousand(folder: Path) -> float:
        asked.append(folder)
        return 1000.0

    monkeypatch.setattr(clock, "probe", probe_thousand)
    monotonic = 50.0
    monkeypatch.setattr(time, "monotonic", lambda: monotonic)
    of_folder = FolderClock(tmp_path)
    assert of_folder.now() == 1000.0
    monotonic += 59
    assert of_folder.now() == 1059.0
    assert len(asked) == 1
    monotonic += 2
    assert of_folder.now() == 1000.0
    assert len(asked) == 2


def test_a_reader_who_may_not_write_learns_the_time_from_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: None
) -> None:
    monkeypatch.setattr(clock, "probe", lambda _: None)
    of_folder = FolderClock(tmp_path)
    first = modified(tmp_path / "file")
    assert of_folder.now(first) == pytest.approx(first + HOUR, abs=60)
    assert of_folder.now(first + 5) == pytest.approx(first + 5, abs=60)
    assert of_folder.now(first + 5) == pytest.approx(first + 5, abs=60)


def test_no_file_is_of_the_future(tmp_path: Path) -> None:
    ahead = time.time() + HOUR
    assert FolderClock(tmp_path).now(ahead) == ahead
