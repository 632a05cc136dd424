"""The app on the Inside screen, while a run trains as fast as it can."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.weights_recording import NOW
from tests.benchmarks.program import COLUMNS, ROWS, SETTLED
from tests.e2e.link import Link
from tests.e2e.program import events, processor_time, wait_until

_MEASURED = 10.0  # seconds
_PRESSES = 40
_FRAMES = 2  # a second
_EPOCHS = 10_000
COLORS = {"truecolor": {"COLORTERM": "truecolor"}, "256 colors": {"COLORTERM": ""}}


@dataclass(frozen=True)
class Live:
    """What the app takes on the screen of a run that trains."""

    picture: float
    """Seconds from the key of the screen to its picture."""
    key: float
    """Longest of many times from a key press to its effect, in seconds."""
    bytes_per_second: float
    processor: float
    """Share of a core."""

    @property
    def frame(self) -> float:
        """Bytes a frame."""
        return self.bytes_per_second / _FRAMES


def live(program: Sequence[str], root: Path, colors: str) -> Live:
    """Measure the app at a run that this starts and stops."""
    with _training(program, root) as folder:
        variables = {"EMNIST_TUI_SETTINGS": str(root.with_name("settings.toml")), **COLORS[colors]}
        command = [*program, "--checkpoints", str(root), str(folder.path)]
        with Link(command, variables, COLUMNS, ROWS) as link:
            link.wait_for("training")
            time.sleep(SETTLED)
            picture = link.until_sent("5", b"leads")
            time.sleep(SETTLED)
            sent, used, since = len(link.output), processor_time(link.process.pid), time.monotonic()
            time.sleep(_MEASURED)
            elapsed = time.monotonic() - since
            sent, used = len(link.output) - sent, processor_time(link.process.pid) - used
            keys = [link.until_sent("><"[press % 2]) for press in range(_PRESSES)]
    return Live(picture, max(keys), sent / elapsed, used / elapsed)


@contextmanager
def _training(program: Sequence[str], root: Path) -> Iterator[RunFolder]:
    """Train a run until the end of the context."""
    command = [*program, "--checkpoints", str(root), "train", "--epochs", str(_EPOCHS), "--name", "live", "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as trainer:
        try:
            folder = RunFolder(root / "live")
            wait_until(lambda: (folder.path / NOW).exists() and events(folder, "evaluated"), 300)
            yield folder
        finally:
            trainer.kill()
