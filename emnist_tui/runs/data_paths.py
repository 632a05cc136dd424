"""Where the EMNIST digits are kept, in the folder layout of torchvision's EMNIST class, and whether they are there."""

import os
from pathlib import Path

from emnist_tui.runs.errors import EmnistTuiError

TRAIN_IMAGES = "emnist-digits-train-images-idx3-ubyte"
TRAIN_LABELS = "emnist-digits-train-labels-idx1-ubyte"
TEST_IMAGES = "emnist-digits-test-images-idx3-ubyte"
TEST_LABELS = "emnist-digits-test-labels-idx1-ubyte"

FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
"""The plain names of the digits split's four files."""


def data_root() -> Path:
    """The folder that data is kept in: `EMNIST_TUI_DATA`, or the platform's cache folder."""
    if chosen := os.environ.get("EMNIST_TUI_DATA"):
        return expand_user(chosen)
    import platformdirs  # here, for the app's first frame need not wait for it

    return platformdirs.user_cache_path("emnist-tui")


def expand_user(path: str) -> Path:
    """`path` with a leading `~` replaced, where there is such a user."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - pathlib raises for an unknown user


def raw_folder(root: Path) -> Path:
    """Where torchvision's EMNIST looks for its files."""
    return root / "EMNIST" / "raw"


def has_digits(root: Path) -> bool:
    """Whether all four files are there; what is in them is not looked at."""
    return all((raw_folder(root) / name).is_file() for name in FILES)


def unwritable_data(folder: Path, error: OSError) -> EmnistTuiError:
    reason = error.strerror or str(error)
    return EmnistTuiError(
        f"The data cannot be written to {folder} ({reason}): mend that, or set EMNIST_TUI_DATA to another folder."
    )
