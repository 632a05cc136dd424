"""The garbage collector during a start of the app."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector until `resume_collector`, or else for the block.

    Nothing that imports make is garbage, and searching it for some would take a quarter of the time to the first frame.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def resume_collector() -> None:
    """Resume a paused collector, which ignores all objects made so far.

    Modules stay until the program ends, and a search through all of them would stop the app for 60 ms.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
