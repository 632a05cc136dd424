"""The app beside a scripted trainer of any speed: `python -m tests.benchmarks.fast_run FOLDER RATE SECONDS`."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emnist_tui.learning.training.batch_results import BatchResults
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import RunStarted
from emnist_tui.runs.folder import RunFolder
from tests.e2e.program import processor_time, wait_until

CPU_RATE, CUDA_RATE = 1_800, 150_000  # steps per second of the documented recipe on a CPU, and the goal on a card
_REPORT = 0.050  # seconds
_SETTLED, _MEASURED = 4.0, 10.0


@dataclass(frozen=True)
class Beside:
    """What the app takes beside a trainer, while it follows it."""

    bytes_per_second: float
    processor: float
    """Share of a core."""


def beside(program: Sequence[str], root: Path, rate: int, *options: str) -> Beside:
    """Measure the app beside a trainer of so many steps per second."""
    from tests.benchmarks.program import app

    run = RunFolder(root / f"fast-{rate}")
    run.path.mkdir(parents=True)
    seconds = _SETTLED + _MEASURED + 15
    writer = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.fast_run", run.path, str(rate), str(seconds)])
    try:
        wait_until(lambda: run.events.exists() and run.events.stat().st_size > 5_000, 60)
        with app(program, root, str(run.path), *options) as link:
            link.wait_for("mean of")
            time.sleep(_SETTLED)
            assert writer.poll() is None, "the scripted trainer has ended"
            sent, used, since = len(link.output), processor_time(link.process.pid), time.monotonic()
            time.sleep(_MEASURED)
            elapsed = time.monotonic() - since
            sent, used = len(link.output) - sent, processor_time(link.process.pid) - used
            assert writer.poll() is None, "the scripted trainer has ended"
            return Beside(sent / elapsed, used / elapsed)
    finally:
        writer.kill()
        writer.wait()


def write(folder: RunFolder, rate: int, seconds: float) -> None:
    """Write the events of a run of so many steps per second, as its trainer would."""
    steps = max(1, round(rate * _REPORT))
    per_epoch = 7_500
    epochs = round(rate * seconds / per_epoch) + 100
    config = TrainConfig(epochs=epochs, data="synthetic")
    start = RunStarted(
        config=config.to_json(), model="baseline", parameters=1138, data="synthetic digits", fingerprint="",
        train_images=per_epoch * 32, validation_images=0, test_images=1, steps_per_epoch=per_epoch,
        device="cuda (a card)", threads=1, seed=0, versions={},
    )  # fmt: skip
    random = np.random.default_rng(0)
    losses = random.gamma(2.0, 0.1, steps).astype(np.float32).tolist()
    results = BatchResults(losses, random.binomial(32, 0.95, steps).tolist(), [32] * steps, diverged=False)
    lines = [json.loads(event.to_line()) for event in results.events(epoch=1, step=steps)]
    # A line is split at its changing fields, so that writing costs next to nothing.
    parts = [(line["step"], json.dumps(line["loss"]), json.dumps(line["accuracy"])) for line in lines]
    with folder.held(), EventLog(folder.events) as log, folder.events.open("a") as file:
        folder.begin(config, start)
        log.write(start)
        began, reports = time.monotonic(), 0
        while time.monotonic() < began + seconds:
            for step, loss, accuracy in parts:
                done = reports * steps + step
                numbers = f'"epoch":{1 + (done - 1) // per_epoch},"step":{done},"loss":{loss},"accuracy":{accuracy}'
                file.write(f'{{"event":"batches","time":{time.time():.3f},{numbers}}}\n')
            file.flush()
            reports += 1
            time.sleep(max(0.0, began + reports * _REPORT - time.monotonic()))


if __name__ == "__main__":
    write(RunFolder(Path(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3]))
