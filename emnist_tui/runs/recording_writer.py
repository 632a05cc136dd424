"""Writing of a recording of weights, also after an interruption."""

from contextlib import suppress
from pathlib import Path

from emnist_tui.runs.atomic_files import replacing
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.recorded_steps import RecordedSteps
from emnist_tui.runs.weights_recording import Layout, Recording, Values


class RecordingWriter:
    """Writer of one file, which raises nothing if the disk refuses.

    Frames that cannot be written are kept in memory, and written with the next ones.
    """

    def __init__(self, path: Path, layout: Layout, wanted: RecordedSteps, resumed_at: int | None) -> None:
        """Write frames of these steps.

        Those that a resumed run has recorded by its step stay, if they are still wanted.
        """
        self._path = path
        self._layout = layout
        self._wanted = wanted
        self._resumed_at = resumed_at
        self._end: int | None = None
        """Size of the file up to its last whole frame; None until the file is begun."""
        self._unwritten: list[bytes] = []
        self.last_step = -1
        """Step of the last frame; -1 without any."""

    def begin(self) -> None:
        """Begin the file, or cut off what a resumed run repeats."""
        with suppress(OSError):
            self._begin()

    def add(self, step: int, values: Values) -> None:
        """Add a frame of finite values, for the next `flush`."""
        frame = self._layout.encode(step, values)
        if frame is not None and step > self.last_step:
            self.last_step = step
            self._unwritten.append(frame)

    @property
    def is_behind(self) -> bool:
        """Whether frames wait for the next `flush`."""
        return bool(self._unwritten)

    def flush(self) -> None:
        """Write the frames added since the last time.

        Those that the disk refused then are among them.
        """
        if self.is_behind:
            with suppress(OSError):
                self._write()

    def _write(self) -> None:
        if self._end is None:
            self._begin()
        assert self._end is not None
        content = b"".join(self._unwritten)
        with self._path.open("r+b", buffering=0) as file:
            file.seek(self._end)
            written = file.write(content)
            if written < len(content):  # the disk is full
                file.truncate(self._end)
                return
        self._end += len(content)
        self._unwritten = []

    def _begin(self) -> None:
        header = self._layout.header()
        old = self._old() if self._resumed_at is not None else None
        steps = old.steps if old else ()
        done = self._resumed_at or 0
        kept = [number for number, step in enumerate(steps) if step <= done and self._wanted.includes(step)]
        self._end = None
        size = len(header) + len(kept) * self._layout.frame_size
        if old and old.layout.header() == header and kept == list(range(len(kept))):
            with self._path.open("r+b", buffering=0) as file:
                file.truncate(size)
        else:
            frames = old.contents(kept) if old else b""
            with replacing(self._path) as file:
                file.write(header + frames)
        self._end = size
        self.last_step = max(self.last_step, steps[kept[-1]] if kept else -1)

    def _old(self) -> Recording | None:
        """Return the recording of the same network that is there already."""
        try:
            old = Recording.open(self._path)
        except EmnistTuiError:
            return None
        same = old and (old.layout.weights, old.layout.statistics) == (self._layout.weights, self._layout.statistics)
        return old if same else None


def write_now(path: Path, layout: Layout, step: int, values: Values) -> None:
    """Replace `weights.now`; raises nothing."""
    frame = layout.encode(step, values)
    if frame is not None:
        with suppress(OSError), replacing(path, synced=False) as file:
            file.write(layout.header() + frame)
