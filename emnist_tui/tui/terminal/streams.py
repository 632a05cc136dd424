"""Standard streams while the app draws.

Textual reads stdin and draws on stderr, wherever they lead. Here both become the terminal for as long as the app runs,
and what other code prints on the terminal meanwhile waits until it can be read.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import BinaryIO

_STREAMS = (1, 2, 0)  # in the order in which they are preferred for drawing
_HANDLED = ("SIGTSTP", "SIGCONT", "SIGWINCH")  # signals whose handlers Textual sets and does not reset
_SIZE_VARIABLES = ("COLUMNS", "LINES")  # exported by shells and scripts, and obeyed by Textual instead of the terminal


def has_terminal() -> bool:
    """Return whether a standard stream is a terminal to draw on."""
    if not hasattr(os, "ttyname"):  # Windows: Textual opens the console by itself
        return sys.stdin.isatty() and sys.stdout.isatty()
    terminal = _open_terminal()
    if terminal is not None:
        os.close(terminal)
    return terminal is not None


@contextmanager
def on_terminal() -> Iterator[None]:
    """Connect Textual to the terminal.

    Its size replaces the one in the environment.

    Text that reaches the terminal from outside Textual meanwhile is printed afterwards, on stderr.
    """
    for name in _SIZE_VARIABLES:
        os.environ.pop(name, None)
    if os.environ.get("NO_COLOR") == "":  # counts as unset (no-color.org), but not for Textual
        del os.environ["NO_COLOR"]
    terminal = _open_terminal() if hasattr(os, "ttyname") else None
    if terminal is None:
        yield
        return
    with ExitStack() as stack:
        stack.callback(os.close, terminal)
        late = stack.enter_context(_temporary())
        stack.callback(_print_late, late)
        stack.enter_context(_drawing_on(terminal))
        if not os.isatty(0):
            stack.enter_context(_replaced(0, terminal))
        for descriptor in (1, 2):
            if os.isatty(descriptor):
                stack.enter_context(_replaced(descriptor, late.fileno()))
        stack.enter_context(_restored_handlers())
        yield


def _open_terminal() -> int | None:
    """Open the terminal among the standard streams, if any.

    It can be read and written.
    """
    import fcntl

    terminals = [descriptor for descriptor in _STREAMS if os.isatty(descriptor)]
    for descriptor in terminals:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR:
            return os.dup(descriptor)
    if terminals:
        with suppress(OSError):
            return os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    return None


@contextmanager
def _drawing_on(terminal: int) -> Iterator[None]:
    """Let Textual find the terminal where it looks for stdout and stderr."""
    streams = sys.__stdout__, sys.__stderr__
    encoding, errors = (sys.stderr.encoding, sys.stderr.errors) if sys.stderr else (None, None)
    drawn = open(terminal, "w", encoding=encoding, errors=errors, closefd=False)  # noqa: SIM115
    sys.__stdout__ = sys.__stderr__ = drawn  # type: ignore[misc]
    try:
        yield
    finally:
        sys.__stdout__, sys.__stderr__ = streams  # type: ignore[misc]
        with suppress(OSError):  # the terminal is gone
            drawn.close()


@contextmanager
def _replaced(descriptor: int, by: int) -> Iterator[None]:
    """Let a standard stream's descriptor lead elsewhere, for C code too."""
    _flush()
    kept = os.dup(descriptor)
    os.dup2(by, descriptor)
    try:
        yield
    finally:
        _flush()
        os.dup2(kept, descriptor)
        os.close(kept)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


def _temporary() -> BinaryIO:
    """Open a file for late text.

    Without a folder for it, the text is lost.
    """
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return open(os.devnull, "r+b")  # noqa: PTH123


def _print_late(late: BinaryIO) -> None:
    late.seek(0)
    if text := late.read():
        with suppress(OSError):
            sys.stderr.buffer.write(text)
            sys.stderr.flush()


@contextmanager
def _restored_handlers() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for name in _HANDLED if (number := getattr(signal, name, None))}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
