"""JSON on stdout: one value, or a run's events a line each."""

import json
import sys

from emnist_tui.runs.events import Event


def print_json(value: object) -> None:
    """Print a value as one line of JSON."""
    print(json.dumps(value))


class JsonLines:
    """Observer that prints the lines of events.jsonl."""

    def __init__(self) -> None:
        self._output = sys.stdout

    def observe(self, event: Event) -> None:
        self._output.write(event.to_line())
        self._output.flush()

    def close(self) -> None:
        pass
