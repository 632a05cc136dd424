"""Several scripted runs in one folder, and the list that shows them."""

import os
from collections.abc import Mapping
from pathlib import Path

from emnist_tui.tui.widgets.runs.run_table import RunTable
from tests.support.scripted_runs import write_run
from tests.support.terminal import Terminal


def write_runs(root: Path, epochs: Mapping[str, int]) -> Path:
    """Write runs of so many epochs, each older than the one before it."""
    for age, (name, count) in enumerate(epochs.items()):
        os.utime(write_run(root, name, epochs=count).run_json, (1_700_000_000 - age,) * 2)
    return root


def runs_in(tmp_path: Path, *names: str) -> Path:
    """Write runs of three epochs, each older than the one before it, into `runs`."""
    return write_runs(tmp_path / "runs", dict.fromkeys(names, 3))


def rows(shown: Terminal) -> list[list[str]]:
    """Return the cells of the list without the marks."""
    table = shown.app.screen.query_one(RunTable)
    return [[str(cell) for cell in table.get_row_at(row)[1:]] for row in range(table.row_count)]


def names(shown: Terminal) -> list[str]:
    """Return the names in the list."""
    return [row[0] for row in rows(shown)]
