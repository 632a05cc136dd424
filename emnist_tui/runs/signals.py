"""Termination signals and a context manager that handles them."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Interrupt, termination and hang-up, as far as the platform has them."""
_NEVER_IGNORED = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def handled(handle: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Call `handle` on termination signals during the block.

    A hang-up ignored by `nohup` stays ignored. `handle` may raise `KeyboardInterrupt`, but must record that it did: an
    exception raised while a destructor runs is lost. Use it in the main thread.
    """
    report_unraisable = sys.unraisablehook

    def report_other(unraisable: "UnraisableHookArgs") -> None:
        if unraisable.exc_type is not KeyboardInterrupt:
            report_unraisable(unraisable)

    wanted = [number for number in ENDING if number in _NEVER_IGNORED or signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in wanted}
    sys.unraisablehook = report_other
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook = report_unraisable
