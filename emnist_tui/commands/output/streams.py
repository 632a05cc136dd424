"""Messages on stderr, and streams whose reader is gone."""

import os
import sys

from emnist_tui.text.formats import printable


def print_message(text: str) -> None:
    """Print a line on stderr that begins with the program's name."""
    print(f"emnist-tui: {printable(text)}", file=sys.stderr, flush=True)


def discard_unwritable() -> None:
    """Redirect stdout or stderr to the null device if it is unwritable.

    It cannot be flushed when its reader is gone, as after `head`, or the disk is full.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
