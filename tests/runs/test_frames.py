"""Messages of JSON and arrays between two processes."""

import io
import json
from typing import Any

import numpy as np
import pytest

from emnist_tui.runs.frames import BrokenFrameError, Frame, read_frame, write_frame


def sent(*frames: Frame) -> bytes:
    stream = io.BytesIO()
    for frame in frames:
        write_frame(stream, frame)
    return stream.getvalue()


def test_messages_arrive_as_they_were_sent() -> None:
    arrays: dict[str, Any] = {
        "image": np.arange(6, dtype=np.uint8).reshape(2, 3),
        "turned": np.arange(6.0).reshape(2, 3).T,
        "number": np.array(1.5, np.float32),
        "empty": np.zeros((0, 3), np.int64),
    }
    stream = io.BytesIO(sent(Frame({"do": "this"}, arrays), Frame({"text": "line\nline"})))
    first, second = read_frame(stream), read_frame(stream)
    assert first
    assert second
    assert first.content == {"do": "this"}
    assert second.content == {"text": "line\nline"}
    for name, array in arrays.items():
        assert first.arrays[name].dtype == array.dtype
        assert np.array_equal(first.arrays[name], array)
        assert first.arrays[name].shape == array.shape
    assert read_frame(stream) is None


def test_a_message_that_is_cut_short_is_broken() -> None:
    content = sent(Frame({"do": "this"}, {"image": np.zeros((28, 28))}))
    for length in range(1, len(content), 97):
        with pytest.raises(BrokenFrameError):
            read_frame(io.BytesIO(content[:length]))


@pytest.mark.parametrize(
    "line",
    [
        "text",
        "[]",
        '{"content": 1, "arrays": []}',
        json.dumps({"content": {}, "arrays": [["a", "<f8", [1 << 40]]]}),
        json.dumps({"content": {}, "arrays": [["a", "<f8", [-1]]]}),
        json.dumps({"content": {}, "arrays": [["a", "<f8", [1.5]]]}),
        json.dumps({"content": {}, "arrays": [["a", "|O", [1]]]}),
        json.dumps({"content": {}, "arrays": [["a"]]}),
        "[" * 100_000,
    ],
)
def test_other_lines_are_broken(line: str) -> None:
    with pytest.raises(BrokenFrameError):
        read_frame(io.BytesIO(line.encode() + b"\n"))
