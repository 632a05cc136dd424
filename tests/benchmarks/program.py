"""The program as users run it: headless, and in the app."""

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
_SETTLED = 3.0  # seconds after which startup is over

BARE_APP = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("no run open")

Bare().run()
"""


def headless(root: Path, name: str, epochs: int) -> float:
    """Return the seconds per step that the run itself reports."""
    command = [*PROGRAM, "--checkpoints", str(root), "train", "--epochs", str(epochs), "--name", name, "--json"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return 32 / float(json.loads(lines[-1])["images_per_second"])


@dataclass(frozen=True)
class Watched:
    """Measurements of a run with the app open."""

    step: float
    """Seconds per step."""
    first_batch: float
    """Seconds from the key press that starts the run to its first batch."""
    processor: float
    """Share of one core used by the app during training."""
    bytes_per_second: float
    """Bytes per second to the terminal during training."""
    idle_bytes: int
    """Bytes to the terminal in three seconds after the run."""
    app_memory: int
    """Peak bytes."""
    trainer_memory: int
    """Peak bytes."""


def watched(root: Path, *options: str) -> Watched:
    """Measure a run of the documented recipe, started by key."""
    with _app(root, *options) as link:
        link.wait_for("no run open")
        time.sleep(_SETTLED)
        pressed = time.time()
        link.write("n\r")
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
    """Measure the seconds from key presses to their effect during training.

    Returns those until the matrix's cursor moves, and those until another screen is shown.
    """
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


def _until_sent(link: Link, key: str, text: bytes = b"") -> float:
    """Return the seconds from a key press to a text or output."""
    time.sleep(0.2)
    before, start = len(link.output), time.perf_counter()
    link.write(key)
    while len(link.output) == before or text not in link.output[before:]:
        assert time.perf_counter() < start + 20, link.recent_output
        time.sleep(0.001)
    return time.perf_counter() - start


def first_frames(root: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Measure the seconds from process start to first frame.

    Returns those of this app, and those of an empty Textual app.
    """
    ours, bare = [], []
    for _ in range(rounds):
        ours.append(_until_shown([*PROGRAM, "--checkpoints", str(root)]))
        bare.append(_until_shown([sys.executable, "-c", BARE_APP]))
    return ours, bare


def _until_shown(command: list[str]) -> float:
    start = time.perf_counter()
    with Link(command, {}, COLUMNS, ROWS) as link:
        while b"no run open" not in link.output:
            assert time.perf_counter() < start + 60, link.recent_output
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
    """Return the peak resident bytes, 0 for an ended process."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) * 1024 if lines else 0
