"""Checkpoints that come with the program."""

from pathlib import Path

import emnist_tui

_PACKAGE = Path(emnist_tui.__file__).parent
_INSTALLED = _PACKAGE / "shipped"
_CHECKOUT = _PACKAGE.parent / "checkpoints"
_NAMES = ("baseline-synthetic.pt", "compact-synthetic.pt")


def shipped_checkpoints() -> list[Path]:
    """List the shipped checkpoint files, wherever the program is installed.

    A wheel has them inside the package; a checkout, and an editable installation of it, in `checkpoints`.
    """
    folder = _INSTALLED if _INSTALLED.is_dir() or not (_PACKAGE.parent / "pyproject.toml").is_file() else _CHECKOUT
    return [path for name in _NAMES if (path := folder / name).is_file()]


def annotations_folder(checkpoint: Path) -> Path:
    """Return the folder for users' annotations of a checkpoint.

    Annotations are what users add to it, such as judgments and saved digits. The folder is the checkpoint's own, except
    for a shipped one, whose folder belongs to the installation.
    """
    if checkpoint.absolute().parent != _INSTALLED:
        return checkpoint.parent
    import platformdirs  # imported here: the app's first frame does not need it

    return platformdirs.user_data_path("emnist-tui")
