"""Recordings of weights, also hostile ones, read while they grow."""

import json
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.recorded_steps import RecordedSteps
from emnist_tui.runs.recording_writer import RecordingWriter, write_now
from emnist_tui.runs.weights_recording import LARGEST, MAGIC, Layout, Recording, Values, read_now

GRAPH = [{"name": "fc", "operation": "linear", "inputs": ["input"], "settings": {}, "weights": {"weight": "fc.weight"}}]
LAYOUT = Layout("baseline", GRAPH, {"fc.weight": (2, 3), "fc.bias": (2,)}, {"norm.running_var": (2,)})
EVERY = RecordedSteps(1)


def values(start: float = 0) -> Values:
    return (np.arange(10, dtype=np.float32) / 3 + start).astype(np.float32)


def written(path: Path, *steps: int) -> Path:
    """Write frames whose first value is their step."""
    writer = RecordingWriter(path, LAYOUT, EVERY, None)
    writer.begin()
    for step in steps:
        writer.add(step, values(step))
    writer.flush()
    return path


def opened(path: Path) -> Recording:
    recording = Recording.open(path)
    assert recording is not None
    return recording


def forged(path: Path, content: object, frames: bytes = b"") -> Path:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(MAGIC + struct.pack("<II", len(text), zlib.crc32(text)) + text + frames)
    return path


def test_a_frame_has_its_weights_in_half_and_its_statistics_in_single_precision(tmp_path: Path) -> None:
    recording = opened(written(tmp_path / "w", 0, 7))
    assert (recording.steps, recording.graph, recording.layout.model) == ((0, 7), GRAPH, "baseline")
    frame = recording.frame(1)
    assert frame.step == 7
    assert {name: weight.shape for name, weight in frame.weights.items()} == {
        "fc.weight": (2, 3),
        "fc.bias": (2,),
        "norm.running_var": (2,),
    }
    halves = values(7).astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(frame.weights["fc.weight"].ravel(), halves[:6])
    np.testing.assert_array_equal(frame.weights["norm.running_var"], values(7)[8:])
    assert all(weight.dtype == np.float32 for weight in frame.weights.values())


def test_a_weight_beyond_half_precision_is_the_largest_there_is() -> None:
    large = values()
    large[0], large[9] = 1e9, 1e9
    content = LAYOUT.encode(3, large)
    assert content is not None
    frame = LAYOUT.decode(content)
    assert frame is not None
    assert frame.weights["fc.weight"][0, 0] == 65504
    assert frame.weights["norm.running_var"][1] == np.float32(1e9)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 9])
def test_a_frame_that_is_not_finite_is_not_made(bad: float, place: int) -> None:
    broken = values()
    broken[place] = bad
    assert LAYOUT.encode(1, broken) is None


def test_there_is_no_recording_without_a_file(tmp_path: Path) -> None:
    assert Recording.open(tmp_path / "w") is None
    assert read_now(tmp_path / "w") is None


@pytest.mark.parametrize("cut", [1, 11, 12, 30])
def test_an_unfinished_last_frame_is_ignored(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path / "w", 0, 1, 2)
    path.write_bytes(path.read_bytes()[:-cut])
    assert opened(path).steps == (0, 1)


def test_a_recording_ends_before_a_damaged_frame(tmp_path: Path) -> None:
    path = written(tmp_path / "w", 0, 1, 2)
    content = bytearray(path.read_bytes())
    content[opened(path).start + LAYOUT.frame_size + 20] ^= 1
    path.write_bytes(content)
    assert opened(path).steps == (0,)


def test_a_recording_ends_before_a_forged_frame_that_is_not_finite(tmp_path: Path) -> None:
    path = written(tmp_path / "w", 0)
    weights = np.full(8, np.nan, "<f2").tobytes() + bytes(8)
    step = (5).to_bytes(8, "little")
    with path.open("ab") as file:
        file.write(step + struct.pack("<I", zlib.crc32(weights, zlib.crc32(step))) + weights)
    assert opened(path).steps == (0,)


def test_a_recording_ends_before_a_step_that_is_not_later(tmp_path: Path) -> None:
    path = written(tmp_path / "w", 0, 4)
    frame = LAYOUT.encode(4, values())
    assert frame is not None
    path.write_bytes(path.read_bytes() + frame)
    assert opened(path).steps == (0, 4)


def test_a_growing_recording_is_read_further(tmp_path: Path) -> None:
    path = written(tmp_path / "w")
    writer = RecordingWriter(path, LAYOUT, EVERY, None)
    writer.begin()
    writer.add(0, values())
    writer.flush()
    first = opened(path)
    assert first.newer() is first
    writer.add(3, values(3))
    writer.flush()
    second = first.newer()
    assert second is not None
    assert (first.steps, second.steps) == ((0,), (0, 3))


def test_a_recording_that_a_resumed_run_cut_off_is_read_anew(tmp_path: Path) -> None:
    path = written(tmp_path / "w", 0, 1, 2, 3)
    before = opened(path)
    writer = RecordingWriter(path, LAYOUT, EVERY, 1)
    writer.begin()
    assert (newer := before.newer()) is not None
    assert newer.steps == (0, 1)
    with pytest.raises(EmnistTuiError, match="has changed"):
        before.frame(3)
    writer.add(2, values(7))
    writer.add(4, values(8))
    writer.add(5, values(9))
    writer.flush()
    assert (newer := before.newer()) is not None
    assert newer.steps == (0, 1, 2, 4, 5)


def test_frames_written_again_with_other_weights_are_noticed(tmp_path: Path) -> None:
    path = written(tmp_path / "w", 0, 1, 2)
    before = opened(path)
    writer = RecordingWriter(path, LAYOUT, EVERY, 1)
    writer.begin()
    writer.add(2, values(9))
    writer.flush()
    newer = before.newer()
    assert newer is not None
    assert newer.steps == before.steps
    assert newer.origin is not before.origin
    writer.add(3, values(9))
    writer.flush()
    newest = newer.newer()
    assert newest is not None
    assert newest.origin is newer.origin


def test_a_deleted_recording_is_gone(tmp_path: Path) -> None:
    path = written(tmp_path / "w", 0)
    before = opened(path)
    path.unlink()
    assert before.newer() is None
    with pytest.raises(EmnistTuiError, match="cannot be read"):
        before.frame(0)


HEADER = {"model": "m", "graph": [], "weights": {"a": [2]}, "statistics": {}}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        [],
        7,
        {"model": "m"},
        HEADER | {"model": 3},
        HEADER | {"model": "m" * 10_000},
        HEADER | {"graph": {}},
        HEADER | {"graph": [1]},
        HEADER | {"weights": []},
        HEADER | {"weights": {"a": 3}},
        HEADER | {"weights": {"a": [-1]}},
        HEADER | {"weights": {"a": [True]}},
        HEADER | {"weights": {"a": [2.0]}},
        HEADER | {"weights": {"a": [1] * 100}},
        HEADER | {"weights": {"a": [LARGEST, LARGEST]}},
        HEADER | {"statistics": {"a": [LARGEST]}},
        HEADER | {"weights": {"a" * 1000: [1]}},
        HEADER | {"weights": {str(number): [1] for number in range(10_001)}},
    ],
    ids=lambda content: str(content)[:40],
)
def test_a_forged_header_is_refused(tmp_path: Path, content: object) -> None:
    path = forged(tmp_path / "w", content, bytes(1000))
    with pytest.raises(EmnistTuiError, match="is damaged"):
        Recording.open(path)
    assert read_now(path) is None


@pytest.mark.parametrize("content", [b"", b"PK", MAGIC, MAGIC + b"\xff" * 8, MAGIC + b"\xff" * 4000])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w").write_bytes(content)
    with pytest.raises(EmnistTuiError, match="is damaged"):
        Recording.open(tmp_path / "w")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmnistTuiError, match="cannot be read"):
        Recording.open(tmp_path)


def test_the_newest_weights_are_a_recording_of_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "now"
    write_now(path, LAYOUT, 12, values())
    write_now(path, LAYOUT, 13, values())
    newest = read_now(path)
    assert newest is not None
    assert newest[0].header() == LAYOUT.header()
    assert newest[1].step == 13
    assert [file.name for file in tmp_path.iterdir()] == ["now"]
    path.write_bytes(path.read_bytes()[:-1])
    assert read_now(path) is None


def test_a_damaged_recording_gives_frames_or_a_sentence(tmp_path: Path) -> None:
    path = written(tmp_path / "w", 0, 1, 2)
    whole = path.read_bytes()
    chance = random.Random(5)
    refused = 0
    for _ in range(400):
        content = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content[: chance.randrange(len(content) // 2, len(content) + 1)])
        try:
            recording = opened(path)
            for position in range(len(recording.steps)):
                assert np.isfinite(recording.frame(position).weights["fc.weight"]).all()
        except EmnistTuiError:
            refused += 1
        read_now(path)
    assert 0 < refused < 400
