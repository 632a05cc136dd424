"""Standard streams that are closed or unwritable, and messages on stderr."""

import os
import sys
from typing import TextIO

from emnist_tui.text.formats import printable


def print_message(text: str) -> None:
    """Print a line on stderr that begins with the program's name."""
    print_line(f"emnist-tui: {printable(text)}")


def print_line(text: str) -> None:
    """Print a line on stderr, or nothing if it is unwritable."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        discard_unwritable()


def open_closed_streams() -> None:
    """Open the null device as each standard stream that is closed.

    Otherwise the next file that is opened takes its descriptor, and receives what is printed.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free descriptor, which is this one
            os.set_inheritable(descriptor, True)
        if getattr(sys, name) is None:
            stream = open(descriptor, "w" if descriptor else "r", encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def discard_unwritable() -> OSError | None:
    """Redirect stdout or stderr to the null device if it is unwritable.

    It cannot be flushed when its reader is gone, as after `head`, or the disk is full. Returns the error of stdout.
    """
    _discard_if_unwritable(sys.stderr)
    return _discard_if_unwritable(sys.stdout)


def _discard_if_unwritable(stream: TextIO) -> OSError | None:
    try:
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error
    return None
