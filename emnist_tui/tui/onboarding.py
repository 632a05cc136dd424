"""First steps for a user without an open run."""

from pathlib import Path

from emnist_tui.runs.folder import bare_checkpoints, run_folders
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


def missing_digits_sentence(keys: Keymap) -> str:
    """Return what to press while the EMNIST digits are not installed."""
    return (
        f"The EMNIST digits are not installed: {keys.label('new')} trains on synthetic digits, "
        f"{keys.label('data')} downloads the real ones (70 MB)."
    )


def _describe_existing(runs: int, checkpoints: int) -> str:
    if runs:
        return "open a run" if runs == 1 else f"open one of {runs:,} runs"
    if checkpoints:
        return "open a checkpoint" if checkpoints == 1 else f"open one of {checkpoints:,} checkpoints"
    return ""
