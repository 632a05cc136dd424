"""`python -m emnist_tui` is `emnist-tui`."""

import sys

from emnist_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
