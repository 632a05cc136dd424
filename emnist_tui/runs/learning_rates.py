"""Changes of the learning rate during a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emnist_tui.runs.events import LearningRateChanged


def add_change(changes: list[LearningRateChanged], change: LearningRateChanged) -> None:
    """Add the next recorded change to those that hold.

    These are in order of their steps.

    A run that was resumed from an earlier step repeats the changes after it, until one made since replaces them.
    """
    while changes and changes[-1].step >= change.step:
        changes.pop()
    changes.append(change)
