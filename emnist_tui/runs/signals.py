"""The signals that ask a process to end, where the platform has them."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""An interruption, a request to end, and a terminal that is gone."""
_NEVER_IGNORED = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def handled(handle: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """While the block lasts, these signals call `handle`. A hang-up that `nohup` had ignored stays ignored.

    `handle` may raise `KeyboardInterrupt`, and has to remember that it did: one that is raised while a destructor runs
    is lost. Use it in the main thread.
    """
    tell_lost = sys.unraisablehook

    def tell_others(lost: "UnraisableHookArgs") -> None:
        if lost.exc_type is not KeyboardInterrupt:
            tell_lost(lost)

    wanted = [number for number in ENDING if number in _NEVER_IGNORED or signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in wanted}
    sys.unraisablehook = tell_others
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook = tell_lost
