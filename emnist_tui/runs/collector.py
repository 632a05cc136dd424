"""The garbage collector during a start of the app or a trainer."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector until `resume_collector`, or else for the block.

    Nothing that imports make is garbage, and searching it for some takes a quarter of the time to the app's first frame
    and a twentieth of the import of torch.
    """
    gc.disable()
    try:
        yield
    finally:
        resume_collector()


def resume_collector() -> None:
    """Resume a paused collector, which ignores all objects made so far.

    Modules stay until the program ends, and a search through all of the app's would stop it for 60 ms.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
