"""Recordings of small networks, written without a trainer."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from emnist_tui.analysis.network.graph import INPUT, Graph, Node
from emnist_tui.runs.recorded_steps import RecordedSteps
from emnist_tui.runs.recording_writer import RecordingWriter, write_now
from emnist_tui.runs.task import CLASSES, SIDE
from emnist_tui.runs.weights_recording import NOW, RECORDING, Layout, Values

GRAPH = Graph(
    (
        Node("flatten", "flatten", (INPUT,)),
        Node("fc", "linear", ("flatten",), {}, {"weight": "fc.weight", "bias": "fc.bias"}),
    )
)
LAYOUT = Layout("baseline", GRAPH.to_json(), {"fc.weight": (CLASSES, SIDE * SIDE), "fc.bias": (CLASSES,)})


def answering(digit: int) -> Values:
    """Return the weights of a network that predicts every image as one class."""
    values = np.zeros(LAYOUT.values, np.float32)
    values[-CLASSES + digit] = 1
    return values


def record(run: Path, answers: Sequence[int], apart: int = 10, resumed_at: int | None = None) -> RecordingWriter:
    """Record a frame every so many steps, which predicts every image as one class."""
    writer = RecordingWriter(run / RECORDING, LAYOUT, RecordedSteps(1), resumed_at)
    writer.begin()
    for number, digit in enumerate(answers):
        writer.add(number * apart, answering(digit))
    writer.flush()
    return writer


def record_newest(run: Path, step: int, answer: int) -> None:
    write_now(run / NOW, LAYOUT, step, answering(answer))
