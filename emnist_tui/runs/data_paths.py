"""Paths of the EMNIST digits, in torchvision's folder layout."""

import os
from pathlib import Path

from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.user_paths import typed_path

TRAIN_IMAGES = "emnist-digits-train-images-idx3-ubyte"
TRAIN_LABELS = "emnist-digits-train-labels-idx1-ubyte"
TEST_IMAGES = "emnist-digits-test-images-idx3-ubyte"
TEST_LABELS = "emnist-digits-test-labels-idx1-ubyte"

SOURCES = ("auto", "emnist", "synthetic")
"""Names of data sources; any other source is a path."""

SYNTHETIC = "synthetic digits"
"""Name of the data of the source `synthetic`, as shown beside results."""

FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
"""Names of the digits split's four files, uncompressed."""


def data_root() -> Path:
    """Return the data root: `EMNIST_TUI_DATA`, or the platform's cache folder.

    Raises `UsageError` if the variable names the home folder of an unknown user.
    """
    if chosen := os.environ.get("EMNIST_TUI_DATA"):
        return typed_path(chosen)
    import platformdirs  # here, so that the app's first frame need not wait for it

    return platformdirs.user_cache_path("emnist-tui")


def raw_folder(root: Path) -> Path:
    """Return the folder in which torchvision's EMNIST class looks for its files."""
    return root / "EMNIST" / "raw"


def has_digits(root: Path) -> bool:
    """Check that all four files exist, without reading them."""
    return all((raw_folder(root) / name).is_file() for name in FILES)


def require_source(source: str, what_to_do: str = "give its new place with --data") -> None:
    """Check that a recorded source still exists.

    Raises `UsageError` with `what_to_do` if it is a path that does not.
    """
    if source not in SOURCES and not typed_path(source).exists():
        raise UsageError(f"The training data is no longer at {source}; {what_to_do}.")


def unwritable_data(folder: Path, error: OSError) -> EmnistTuiError:
    """Build the user-facing error for data that cannot be written."""
    reason = error.strerror or str(error)
    return EmnistTuiError(
        f"The data cannot be written to {folder} ({reason}): fix that, or set EMNIST_TUI_DATA to another folder."
    )
