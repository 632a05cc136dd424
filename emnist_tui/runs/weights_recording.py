"""Recording of a run's weights: some hundred frames, and the newest.

`weights.recording` in the run folder opens with `MAGIC` and a header: its length, its checksum, and JSON text with the
network's graph and the tensors of a frame. Frames of equal size follow, each with its step and a checksum.
`weights.now` has the same form and one frame: weights between two frames that are more than half a second apart.
"""

import json
import os
import struct
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from math import prod
from pathlib import Path
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.small_files import open_unblocked, read_small

RECORDING, NOW = "weights.recording", "weights.now"
MAGIC = b"EMNIST-TUI WEIGHTS 1\n"
MOST_FRAMES = 300
LARGEST = 8 << 20  # bytes of a file's frames
_MOST_READ = 4096  # frames; a run that was continued in smaller parts may have some more than `MOST_FRAMES`
_LARGEST_HEADER = 4 << 20  # bytes
_MOST_TENSORS, _MOST_AXES, _LONGEST_NAME = 10_000, 8, 500
_LENGTHS = struct.Struct("<II")  # of the header, and its checksum
_FRAME = struct.Struct("<QI")  # step, and checksum of step and weights
_HALF, _SINGLE = np.dtype("<f2"), np.dtype("<f4")
_GREATEST = float(np.finfo(np.float16).max)

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Frame:
    """Weights after an optimizer step."""

    step: int
    weights: Mapping[str, Values]
    """Weights that evaluations use, by key in the state dict; of float16 precision, statistics float32."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Header of a recording: the network, and the tensors of a frame."""

    model: str
    """Name of the model, or label of a network of one's own."""
    graph: Sequence[Mapping[str, Any]]
    """Nodes as `analysis.network.graph.Graph.from_json` takes them; none if the network cannot be traced."""
    weights: Mapping[str, tuple[int, ...]]
    """Shapes of the trained tensors, which are stored as float16, by key in the state dict."""
    statistics: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Shapes of the tensors that follow them, which are stored as float32."""

    @cached_property
    def _counts(self) -> tuple[int, int]:
        halves, singles = (sum(map(prod, shapes.values())) for shapes in (self.weights, self.statistics))
        return halves, singles

    @property
    def values(self) -> int:
        """Number of values in a frame."""
        return sum(self._counts)

    @property
    def frame_size(self) -> int:
        """Bytes of a frame in the file."""
        halves, singles = self._counts
        return _FRAME.size + halves * _HALF.itemsize + singles * _SINGLE.itemsize

    def header(self) -> bytes:
        """Return the file's beginning, up to the first frame."""
        content = {
            "model": self.model,
            "graph": list(self.graph),
            "weights": {name: list(shape) for name, shape in self.weights.items()},
            "statistics": {name: list(shape) for name, shape in self.statistics.items()},
        }
        text = json.dumps(content, separators=(",", ":")).encode()
        return MAGIC + _LENGTHS.pack(len(text), zlib.crc32(text)) + text

    def encode(self, step: int, values: Values) -> bytes | None:
        """Return a frame's bytes; None if not all values are finite.

        `values` are those of all tensors in the header's order, float32 [values].
        """
        if not np.isfinite(values).all():
            return None
        halves, _ = self._counts
        weights = np.clip(values[:halves], -_GREATEST, _GREATEST).astype(_HALF)
        content = weights.tobytes() + values[halves:].astype(_SINGLE).tobytes()
        return _FRAME.pack(step, _checksum(step, content)) + content

    def decode(self, content: bytes) -> Frame | None:
        """Return the frame of these bytes.

        None if they are damaged or not finite.
        """
        if len(content) != self.frame_size:
            return None
        step, checksum = _FRAME.unpack_from(content)
        if checksum != _checksum(step, content[_FRAME.size :]):
            return None
        halves, _ = self._counts
        start = _FRAME.size + halves * _HALF.itemsize
        parts = [
            np.frombuffer(content[_FRAME.size : start], _HALF).astype(np.float32),
            np.frombuffer(content[start:], _SINGLE).astype(np.float32),
        ]
        if not all(np.isfinite(part).all() for part in parts):
            return None
        tensors: dict[str, Values] = {}
        for part, shapes in zip(parts, (self.weights, self.statistics), strict=True):
            first = 0
            for name, shape in shapes.items():
                tensors[name] = part[first : first + prod(shape)].reshape(shape)
                first += prod(shape)
        return Frame(step, tensors)

    @classmethod
    def read(cls, file: IO[bytes]) -> Self:
        """Read the header of an untrusted file.

        Leaves the file at its first frame. Raises `ValueError` if it is no recording or too large.
        """
        start = file.read(len(MAGIC) + _LENGTHS.size)
        if not start.startswith(MAGIC) or len(start) < len(MAGIC) + _LENGTHS.size:
            raise ValueError("it does not begin as a recording does")
        length, checksum = _LENGTHS.unpack_from(start, len(MAGIC))
        if length > _LARGEST_HEADER:
            raise ValueError("its header is too large")
        text = file.read(length)
        if len(text) < length or zlib.crc32(text) != checksum:
            raise ValueError("its header is damaged")
        try:
            content = json.loads(text)
            model, graph = content["model"], content["graph"]
            weights, statistics = (_shapes(content[key]) for key in ("weights", "statistics"))
        except (KeyError, TypeError, AttributeError, RecursionError):
            raise ValueError("its header is damaged") from None
        if not isinstance(model, str) or len(model) > _LONGEST_NAME:
            raise ValueError("its model has no name")
        if not isinstance(graph, list) or not all(isinstance(node, dict) for node in graph):
            raise ValueError("its graph is damaged")
        layout = cls(model, graph, weights, statistics)
        if layout.frame_size > LARGEST:
            raise ValueError("its frames are too large")
        return layout


@dataclass(frozen=True, eq=False)
class Recording:
    """Frames of a run by their steps, read on access."""

    path: Path
    layout: Layout
    steps: Sequence[int]
    start: int
    """Where the first frame begins in the file."""
    _file: tuple[int, int]
    """Device and number of the file, which a replaced one does not share."""
    _last: bytes = b""
    """Step and checksum of the last frame."""
    origin: object = field(default_factory=object)
    """Same object in what `newer` returns, unless frames were replaced."""

    @classmethod
    def open(cls, path: Path) -> "Recording | None":
        """Read the steps of a recording; None without a file.

        It ends before a frame that is damaged or not finite, such as the last one of a killed trainer. Raises
        `EmnistTuiError` if the file is no recording.
        """
        try:
            with open_unblocked(path) as file:
                layout = Layout.read(file)
                return cls(path, layout, (), file.tell(), _identity(file))._extended(file)
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise EmnistTuiError(f"{path} is damaged ({error}); delete it, and the run goes on without it.") from None
        except OSError as error:
            raise EmnistTuiError(f"{path} cannot be read ({error.strerror or error}).") from None

    @property
    def graph(self) -> Sequence[Mapping[str, Any]]:
        return self.layout.graph

    @property
    def end(self) -> int:
        """Where the next frame will begin in the file."""
        return self.start + len(self.steps) * self.layout.frame_size

    def frame(self, position: int) -> Frame:
        """Read a frame.

        Raises `EmnistTuiError` if the file was damaged or replaced meanwhile.
        """
        try:
            with open_unblocked(self.path) as file:
                frame = self.layout.decode(self._read(file, position))
        except OSError as error:
            raise EmnistTuiError(f"{self.path} cannot be read ({error.strerror or error}).") from None
        if frame is None or frame.step != self.steps[position]:
            raise EmnistTuiError(f"{self.path} has changed while it was read; open the run again.")
        return frame

    def contents(self, positions: Sequence[int]) -> bytes:
        """Read the bytes of frames.

        Raises `OSError`.
        """
        with open_unblocked(self.path) as file:
            return b"".join(self._read(file, position) for position in positions)

    def newer(self) -> "Recording | None":
        """Return the recording as it is now: itself if nothing was added.

        A resumed run cuts off the frames after its step and writes them again; if the last frame is no longer the same,
        all are read anew. None if the file is gone. Raises `EmnistTuiError` if it is no longer a recording.
        """
        with suppress(OSError), open_unblocked(self.path) as file:
            last = self._read(file, -1)[: _FRAME.size] if self.steps else b""
            if _identity(file) == self._file and last == self._last:
                file.seek(self.end)
                return self._extended(file)
        return Recording.open(self.path)

    def _read(self, file: IO[bytes], position: int) -> bytes:
        file.seek(self.start + range(len(self.steps))[position] * self.layout.frame_size)
        return file.read(self.layout.frame_size)

    def _extended(self, file: IO[bytes]) -> "Recording":
        """Return the recording with the frames that follow in the file."""
        steps, last = list(self.steps), self._last
        while len(steps) < _MOST_READ:
            content = file.read(self.layout.frame_size)
            frame = self.layout.decode(content)
            if frame is None or frame.step <= (steps[-1] if steps else -1):
                break
            steps.append(frame.step)
            last = content[: _FRAME.size]
        return self if len(steps) == len(self.steps) else replace(self, steps=tuple(steps), _last=last)


def read_now(path: Path) -> tuple[Layout, Frame] | None:
    """Read `weights.now`; None if it is missing or damaged."""
    try:
        file = BytesIO(read_small(path, LARGEST + _LARGEST_HEADER))
        layout = Layout.read(file)
        frame = layout.decode(file.read())
    except (OSError, ValueError):
        return None
    return (layout, frame) if frame else None


def _shapes(content: Any) -> dict[str, tuple[int, ...]]:
    """Parse the shapes of tensors. Raises `ValueError`."""
    if len(content) > _MOST_TENSORS:
        raise ValueError("it has too many tensors")
    shapes = {}
    for name, shape in content.items():
        is_valid = isinstance(shape, list) and len(shape) <= _MOST_AXES and len(name) <= _LONGEST_NAME
        if not is_valid or not all(type(length) is int and 0 <= length <= LARGEST for length in shape):
            raise ValueError("the shape of a tensor is damaged")
        shapes[name] = tuple(shape)
    return shapes


def _checksum(step: int, content: bytes) -> int:
    return zlib.crc32(content, zlib.crc32(step.to_bytes(8, "little")))


def _identity(file: IO[bytes]) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_dev, status.st_ino
