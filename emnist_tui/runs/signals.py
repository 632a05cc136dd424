"""Termination signals and a context manager that handles them."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU")
ENDING = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))
"""Interrupt, termination, hang-up, and warnings of batch systems before they kill; those that the platform has."""
_NEVER_IGNORED = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """Interruption by any of the signals.

    Python ends `python -m MODULE` by SIGINT, whatever its exit code, if exactly `KeyboardInterrupt` passed through an
    `exec` of text, such as that of a dataclass.
    """


@contextmanager
def handled(handle: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Call `handle` on termination signals during the block.

    A hang-up ignored by `nohup` stays ignored, and so does a warning that the parent ignores. After a signal the
    process is about to exit: all but interrupt then stay ignored after the block, since they may be repeated until it
    is gone. `handle` may raise `Interrupted`, but must record that it did: an exception raised while a destructor
    runs is lost. Use it in the main thread.
    """
    report_unraisable = sys.unraisablehook
    is_ending = False

    def report_other(unraisable: "UnraisableHookArgs") -> None:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            report_unraisable(unraisable)

    def record(number: int, frame: FrameType | None) -> None:
        nonlocal is_ending
        is_ending = True
        handle(number, frame)

    wanted = [number for number in ENDING if number in _NEVER_IGNORED or signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, record) for number in wanted}
    sys.unraisablehook = report_other
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if is_ending and number != signal.SIGINT else handler)
        sys.unraisablehook = report_unraisable
