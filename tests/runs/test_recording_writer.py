"""Recordings written, continued and thinned, on disks that refuse."""

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emnist_tui.runs import recording_writer
from emnist_tui.runs.recorded_steps import RecordedSteps
from emnist_tui.runs.recording_writer import RecordingWriter, write_now
from emnist_tui.runs.weights_recording import Layout, Recording, Values

LAYOUT = Layout("baseline", [], {"weight": (3,)})
EVERY = RecordedSteps(1)


def values(step: int) -> Values:
    return np.full(3, step, np.float32)


def write(path: Path, steps: range, resumed_at: int | None = None, wanted: RecordedSteps = EVERY) -> None:
    writer = RecordingWriter(path, LAYOUT, wanted, resumed_at)
    writer.begin()
    for step in steps:
        writer.add(step, values(step))
    writer.flush()


def steps_of(path: Path) -> list[int]:
    recording = Recording.open(path)
    assert recording is not None
    assert [recording.frame(number).weights["weight"][0] for number in range(len(recording.steps))] == list(
        recording.steps
    )
    return list(recording.steps)


def test_a_resumed_recording_has_the_bytes_of_a_whole_one(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    write(whole, range(10))
    write(parts, range(8))
    with parts.open("ab") as file:
        file.write(b"half a frame")
    write(parts, range(5, 10), resumed_at=4)
    assert parts.read_bytes() == whole.read_bytes()


def test_a_new_run_replaces_what_was_there(tmp_path: Path) -> None:
    write(tmp_path / "w", range(8))
    write(tmp_path / "w", range(2))
    assert steps_of(tmp_path / "w") == [0, 1]


def test_a_longer_run_thins_what_was_recorded(tmp_path: Path) -> None:
    write(tmp_path / "w", range(9))
    write(tmp_path / "w", range(12, 13), resumed_at=8, wanted=RecordedSteps(4))
    assert steps_of(tmp_path / "w") == [0, 4, 8, 12]


@pytest.mark.parametrize("content", [b"", b"something else"])
def test_a_damaged_recording_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w").write_bytes(content)
    write(tmp_path / "w", range(5, 7), resumed_at=4)
    assert steps_of(tmp_path / "w") == [5, 6]


def test_the_recording_of_another_network_is_begun_anew(tmp_path: Path) -> None:
    other = RecordingWriter(tmp_path / "w", Layout("baseline", [], {"weight": (2,)}), EVERY, None)
    other.begin()
    other.add(0, np.zeros(2, np.float32))
    other.flush()
    write(tmp_path / "w", range(5, 7), resumed_at=4)
    assert steps_of(tmp_path / "w") == [5, 6]


def test_frames_stay_when_the_header_has_changed(tmp_path: Path) -> None:
    write(tmp_path / "w", range(5))
    writer = RecordingWriter(tmp_path / "w", Layout("baseline", [{"name": "new"}], {"weight": (3,)}), EVERY, 3)
    writer.begin()
    recording = Recording.open(tmp_path / "w")
    assert recording is not None
    assert (list(recording.steps), recording.graph) == ([0, 1, 2, 3], [{"name": "new"}])
    assert writer.last_step == 3


def test_a_frame_that_is_not_finite_or_not_later_is_left_out(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "w", LAYOUT, EVERY, None)
    writer.begin()
    writer.add(0, values(0))
    writer.add(1, np.full(3, np.nan, np.float32))
    writer.add(2, values(2))
    writer.add(2, values(2))
    writer.flush()
    assert steps_of(tmp_path / "w") == [0, 2]


class FullDisk:
    """A file on a disk that has room for a few bytes only."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> "FullDisk":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, content: bytes) -> int:
        return int(self._file.write(content[:5]))


def test_what_a_full_disk_refused_is_written_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, path = tmp_path / "whole", tmp_path / "w"
    write(whole, range(5))
    writer = RecordingWriter(path, LAYOUT, EVERY, None)
    writer.begin()
    writer.add(0, values(0))
    writer.flush()
    opening = Path.open
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda *args, **options: FullDisk(opening(*args, **options)))
        writer.add(1, values(1))
        writer.add(2, values(2))
        writer.flush()
    assert steps_of(path) == [0]
    assert path.stat().st_size == whole.stat().st_size - 4 * LAYOUT.frame_size
    writer.add(3, values(3))
    writer.add(4, values(4))
    writer.flush()
    assert path.read_bytes() == whole.read_bytes()


def test_a_file_that_could_not_be_begun_is_begun_later(tmp_path: Path) -> None:
    path = tmp_path / "later" / "w"
    writer = RecordingWriter(path, LAYOUT, EVERY, None)
    writer.begin()
    writer.add(0, values(0))
    writer.flush()
    path.parent.mkdir()
    writer.add(1, values(1))
    writer.flush()
    assert steps_of(path) == [0, 1]


def test_the_newest_weights_fail_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_now(tmp_path / "missing" / "now", LAYOUT, 1, values(1))
    write_now(tmp_path / "now", LAYOUT, 1, np.full(3, np.inf, np.float32))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(recording_writer, "replacing", refuse)
    write_now(tmp_path / "now", LAYOUT, 1, values(1))
    assert list(tmp_path.iterdir()) == []
