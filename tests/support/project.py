"""Paths outside the package that tests use."""

from pathlib import Path

PROJECT = Path(__file__).parents[2]
"""Folder with pyproject.toml, README.md and tests."""

SHIPPED_CHECKPOINTS = sorted((PROJECT / "checkpoints").glob("*.pt"))
"""Checkpoints that ship with the program."""

SHIPPED_CHECKPOINT = PROJECT / "checkpoints" / "baseline-synthetic.pt"

STAND_IN = PROJECT.parent / "shared/data/emnist-standin-gzip.zip"
"""Real EMNIST digits in the official archive's shape; absent on most machines."""
