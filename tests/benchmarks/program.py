"""Our own program, as a user runs it: headless, and with the app open in a terminal of 120 × 40 cells."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from emnist_tui.runs.folder import RunFolder
from tests.e2e.link import Link
from tests.e2e.program import PROGRAM, events, only_run, processor_time, wait_until

COLUMNS, ROWS = 120, 40
_SETTLED = 3.0  # seconds after which a start is over

BARE_APP = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("no run open")

Bare().run()
"""


def headless(root: Path, name: str, epochs: int) -> float:
    """Seconds a step, as the run itself tells."""
    command = [*PROGRAM, "--checkpoints", str(root), "train", "--epochs", str(epochs), "--name", name, "--json"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return 32 / float(json.loads(told[-1])["images_per_second"])


@dataclass(frozen=True)
class Watched:
    """A run that was watched in the app."""

    step: float
    """Seconds a step."""
    first_batch: float
    """Seconds from the key that starts a run to its first batch."""
    processor: float
    """Of one core, the share that the app took while the run trained."""
    bytes_per_second: float
    """Sent to the terminal while the run trained."""
    idle_bytes: int
    """Sent to the terminal in three seconds after it."""
    app_memory: int
    trainer_memory: int
    """Most bytes at any time."""


def watched(root: Path, *options: str) -> Watched:
    """The documented recipe, started by its key."""
    with _app(root, *options) as link:
        link.wait_for("no run open")
        time.sleep(_SETTLED)
        pressed = time.time()
        link.write(" ")
        wait_until(lambda: root.exists() and any(root.iterdir()), 60)
        run = only_run(root)
        wait_until(lambda: run.events.exists() and events(run, "batches"), 120)
        first_batch = events(run, "batches")[0]["time"] - pressed
        trainer = _trainer_of(link.process.pid)
        trainer_memory = 0
        sent, used, since = len(link.output), processor_time(link.process.pid), time.monotonic()
        while not events(run, "run_ended"):
            trainer_memory = max(trainer_memory, _most_memory(trainer))
            time.sleep(0.2)
        seconds = time.monotonic() - since
        sent, used = len(link.output) - sent, processor_time(link.process.pid) - used
        time.sleep(_SETTLED)
        idle = len(link.output)
        time.sleep(3)
        return Watched(
            step=32 / events(run, "run_ended")[0]["images_per_second"],
            first_batch=first_batch,
            processor=used / seconds,
            bytes_per_second=sent / seconds,
            idle_bytes=len(link.output) - idle,
            app_memory=_most_memory(link.process.pid),
            trainer_memory=trainer_memory,
        )


def latencies(root: Path, presses: int) -> tuple[list[float], list[float]]:
    """Seconds from a key to what it changes, while a run trains: the cursor in the matrix, and another screen."""
    command = [*PROGRAM, "--checkpoints", str(root), "train", "--epochs", "10000", "--name", "endless"]
    trainer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    run = RunFolder(root / "endless")
    try:
        wait_until(lambda: run.events.exists() and events(run, "evaluated"), 120)
        with _app(root) as link:
            link.wait_for("● training")
            time.sleep(_SETTLED)
            screens = [
                _until_sent(link, *(("2", b"predicted"), ("1", b"Accuracy"))[press % 2]) for press in range(presses)
            ]
            _until_sent(link, "2", b"predicted")
            cursor = [_until_sent(link, ("\x1b[C", "\x1b[D")[press % 2]) for press in range(presses)]
            assert link.leave() == 0
    finally:
        trainer.terminate()
        trainer.wait()
    return cursor, screens


def _until_sent(link: Link, key: str, words: bytes = b"") -> float:
    """Seconds until these words, or anything at all, are sent after a key."""
    time.sleep(0.2)
    before, start = len(link.output), time.perf_counter()
    link.write(key)
    while len(link.output) == before or words not in link.output[before:]:
        assert time.perf_counter() < start + 20, link.words
        time.sleep(0.001)
    return time.perf_counter() - start


def first_frames(root: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds from the start of the process to its first frame: of our app, and of a bare one of Textual's."""
    ours, bare = [], []
    for _ in range(rounds):
        ours.append(_until_shown([*PROGRAM, "--checkpoints", str(root)]))
        bare.append(_until_shown([sys.executable, "-c", BARE_APP]))
    return ours, bare


def _until_shown(command: list[str]) -> float:
    start = time.perf_counter()
    with Link(command, {}, COLUMNS, ROWS) as link:
        while b"no run open" not in link.output:
            assert time.perf_counter() < start + 60, link.words
            time.sleep(0.001)
        return time.perf_counter() - start


def _app(root: Path, *options: str) -> Link:
    variables = {"EMNIST_TUI_SETTINGS": str(root / "settings.toml")}
    return Link([*PROGRAM, "--checkpoints", str(root), *options], variables, COLUMNS, ROWS)


def _trainer_of(app: int) -> int:
    children = Path(f"/proc/{app}/task/{app}/children")
    wait_until(lambda: children.read_text().split())
    return int(children.read_text().split()[0])


def _most_memory(process: int) -> int:
    """Bytes; 0 once it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) * 1024 if lines else 0
