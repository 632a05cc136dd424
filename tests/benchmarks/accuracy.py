"""Test accuracy of every network's recipe over several seeds, by the program itself."""

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.launch import own_command
from emnist_tui.runs.record import RunRecord, summarize


@dataclass(frozen=True)
class Measured:
    """Results of one network's runs."""

    epochs: int
    accuracies: list[float]
    """Test accuracy of each seed, 0 to 1."""
    minutes: float
    """Mean training time of a run."""

    @property
    def spread(self) -> str:
        """Mean and standard deviation in percent."""
        deviation = f" ± {stdev(self.accuracies) * 100:.2f}" if len(self.accuracies) > 1 else ""
        return f"{mean(self.accuracies) * 100:.2f}{deviation}"


def measure(model: str, seeds: Sequence[int], data: str, root: Path, jobs: int, epochs: int | None) -> Measured:
    """Train a network by its recipe once for each seed, several side by side.

    Runs that finished in `root` before are not repeated, since they take hours.
    """
    config = TrainConfig.of(model=model, **({"epochs": epochs} if epochs else {}))

    def train(seed: int) -> RunRecord:
        run = RunFolder(root / f"{model}-{config.epochs}-epochs-seed-{seed}")
        if (before := summarize(run)).ended and before.ended.reason == "finished":
            return before
        words = ["--name", run.name, "--model", model, "--seed", str(seed), "--epochs", str(config.epochs)]
        if run.exists():
            words = ["--resume", run.name]
        command = [*own_command(), "--checkpoints", str(root), "train", "--data", data, *words]
        subprocess.run(command, check=True, capture_output=True)
        return summarize(run)

    with ThreadPoolExecutor(jobs) as pool:
        records = list(pool.map(train, seeds))
    accuracies = [record.ended.test_accuracy for record in records if record.ended and record.ended.test_accuracy]
    return Measured(config.epochs, accuracies, mean(record.trained_seconds for record in records) / 60)
