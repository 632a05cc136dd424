"""Entry point of `python -m emnist_tui`."""

import sys

from emnist_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
