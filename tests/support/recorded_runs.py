"""Runs with recorded weights, which nobody trained."""

from pathlib import Path

import numpy as np

from emnist_tui.analysis.network.known_graphs import known_graph
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.recorded_steps import RecordedSteps
from emnist_tui.runs.recording_writer import RecordingWriter, write_now
from emnist_tui.runs.weights_recording import NOW, RECORDING, Layout, Values
from tests.support.scripted_runs import STEPS_PER_EPOCH, write_run

_SHAPES = {
    "0.weight": (2, 1, 5, 5), "0.bias": (2,), "3.weight": (4, 2, 3, 3), "3.bias": (4,),
    "7.weight": (10, 100), "7.bias": (10,),
}  # fmt: skip
EVERY = 20
"""Steps between two frames."""


def layout() -> Layout:
    """Return the layout of the baseline's recording, with its graph."""
    graph = known_graph("baseline")
    assert graph
    return Layout("baseline", graph.to_json(), {f"layers.{key}": shape for key, shape in _SHAPES.items()})


def weights(step: int) -> Values:
    """Return weights that change from step to step."""
    start, end = (np.random.default_rng(seed).normal(size=layout().values) for seed in (1, 2))
    share = step / (3 * STEPS_PER_EPOCH)
    return np.asarray(((1 - share) * start + share * end) / 4, np.float32)


def record(folder: RunFolder, steps: int) -> RunFolder:
    """Record a run up to a step."""
    writer = RecordingWriter(folder.path / RECORDING, layout(), RecordedSteps(EVERY), None)
    writer.begin()
    for step in range(0, steps + 1, EVERY):
        writer.add(step, weights(step))
    writer.flush()
    return folder


def write_newest(folder: RunFolder, step: int) -> None:
    """Replace the newest weights of a run that trains."""
    write_now(folder.path / NOW, layout(), step, weights(step))


def recorded_run(root: Path, name: str = "recorded") -> RunFolder:
    """Write a finished run of three epochs with a recording, and without checkpoints."""
    return record(write_run(root, name), 3 * STEPS_PER_EPOCH)
