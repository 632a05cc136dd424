"""JSON on stdout: one value, or a run's events a line each."""

import json
import sys
from collections.abc import Sequence
from math import isfinite

from emnist_tui.runs.events import CheckpointLoaded, Event
from emnist_tui.runs.unit_health import LayerHealth


def print_json(value: object) -> None:
    """Print a value as one line of JSON."""
    print(json.dumps(value))


def without_infinities(value: object) -> object:
    """Replace numbers that JSON does not have by null."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, list):
        return [without_infinities(each) for each in value]
    return {key: without_infinities(each) for key, each in value.items()} if isinstance(value, dict) else value


def input_to_json(loaded: CheckpointLoaded) -> dict[str, object]:
    """Describe a checkpoint's weights and the input that they were trained on."""
    return {
        "weights": loaded.weights,
        "input_scaling": loaded.input_scaling or "unit",
        "orientation": loaded.orientation or "upright",
        "warning": loaded.warning,
    }


def health_to_json(layers: Sequence[LayerHealth]) -> dict[str, object]:
    """List the layers whose units were examined, with the lost ones."""
    return {"unit_health": [layer.to_json() for layer in layers]}


class JsonLines:
    """Observer that prints the lines of events.jsonl."""

    def __init__(self) -> None:
        self._output = sys.stdout

    def observe(self, event: Event) -> None:
        self._output.write(event.to_line())
        self._output.flush()

    def close(self) -> None:
        pass
