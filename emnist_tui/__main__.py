"""Entry point of `python -m emnist_tui`, and of the processes that the app starts."""

import sys


def _load_package() -> None:
    """Load this package, and nothing that lies in the working directory.

    Python puts the working directory, or this file's folder, first on the path, where a user's `random.py` would
    replace the standard library's. A package that is loaded finds its modules without the path.
    """
    if not sys.flags.safe_path:
        del sys.path[0]
    if not __package__:  # run by its path
        from pathlib import Path  # not before the path is safe

        sys.path.insert(0, str(Path(__file__).absolute().parent.parent))
        import emnist_tui  # noqa: F401

        del sys.path[0]


if __name__ == "__main__":
    _load_package()
    from emnist_tui.cli import main

    sys.exit(main())
