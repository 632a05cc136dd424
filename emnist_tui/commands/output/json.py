"""JSON on stdout: one value, or a run's events a line each."""

import json
import sys

from emnist_tui.runs.events import CheckpointLoaded, Event


def print_json(value: object) -> None:
    """Print a value as one line of JSON."""
    print(json.dumps(value))


def input_to_json(loaded: CheckpointLoaded) -> dict[str, object]:
    """Describe the weights and the input of a foreign checkpoint.

    All is null for a checkpoint of this program.
    """
    return {name: getattr(loaded, name) for name in ("weights", "input_scaling", "orientation", "warning")}


class JsonLines:
    """Observer that prints the lines of events.jsonl."""

    def __init__(self) -> None:
        self._output = sys.stdout

    def observe(self, event: Event) -> None:
        self._output.write(event.to_line())
        self._output.flush()

    def close(self) -> None:
        pass
