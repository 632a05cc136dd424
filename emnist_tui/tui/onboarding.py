"""First steps for a user without an open run."""

from pathlib import Path

from emnist_tui.runs.lookup import bare_checkpoints, run_folders
from emnist_tui.tui.keymap import Keymap

Step = tuple[str, str]
"""Name of a key, and what it does now."""


def first_steps(root: Path, *, has_digits: bool) -> tuple[Step, ...]:
    """Return the most useful keys for a user without an open run."""
    steps = [("new", "train a new network")]
    if not has_digits:
        steps.append(("data", "download the digits"))
    if offer := _describe_existing(len(run_folders(root)), len(bare_checkpoints(root))):
        steps.append(("runs", offer))
    steps.append(("help", "every key"))
    return tuple(steps)


def missing_digits_sentences(keys: Keymap) -> tuple[str, ...]:
    """Return hints for missing EMNIST digits, the longest wording first."""
    new, data = keys.label("new"), keys.label("data")
    return (
        f"The EMNIST digits are not installed: {new} trains on synthetic digits, {data} downloads EMNIST (70 MB).",
        f"No EMNIST digits: {new} trains on synthetic ones, {data} downloads them (70 MB).",
        f"No EMNIST digits yet: {data} downloads them (70 MB).",
    )


def _describe_existing(runs: int, checkpoints: int) -> str:
    if runs:
        return "open a run" if runs == 1 else f"open one of {runs:,} runs"
    if checkpoints:
        return "open a checkpoint" if checkpoints == 1 else f"open one of {checkpoints:,} checkpoints"
    return ""
