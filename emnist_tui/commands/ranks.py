"""`train` under torchrun: rank 0 leads, the others follow."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from emnist_tui.runs import signals
from emnist_tui.runs.errors import EmnistTuiError, ExitCode
from emnist_tui.runs.torchrun import Place

if TYPE_CHECKING:
    from emnist_tui.learning.training.distributed.leader import LeadingProcess
    from emnist_tui.learning.training.ranks import Ranks


class Leading:
    """Rank 0's way to the others.

    It joins them once torch is loaded. Without a place there are none.
    """

    def __init__(self, place: Place | None) -> None:
        self._place = place
        self._process: LeadingProcess | None = None

    def join(self, on_request: Callable[[], object]) -> "Ranks":
        """Wait for the other ranks.

        `on_request` is called when one is asked to stop. Raises `EmnistTuiError` if they do not come.
        """
        from emnist_tui.learning.training.ranks import ALONE  # it imports torch

        if self._place is None:
            return ALONE
        from emnist_tui.learning.training.distributed.leader import LeadingProcess

        self._process = LeadingProcess(self._place, on_request)
        return self._process.leader

    def end(self, code: int) -> None:
        """Send the other ranks home with an exit code."""
        if self._process:
            self._process.end(code)


@contextmanager
def leading(place: Place | None) -> Iterator[Leading]:
    """Lead the other ranks, if any, to the end of the block."""
    if place:
        _silence_torch()
    ranks, code = Leading(place), ExitCode.FAILED
    try:
        yield ranks
        code = ExitCode.DONE
    except EmnistTuiError as error:
        code = error.exit_code
        raise
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
        raise
    finally:
        ranks.end(code)


def follow(place: Place, values: dict[str, Any]) -> int:
    """Train as any rank but the first, and return the exit code.

    `values` are fields of the configuration that this rank was given. Raises `EmnistTuiError` if it fails.
    """
    request_stop: Callable[[], None] | None = None
    is_interrupted = False

    def interrupt(number: int, _frame: FrameType | None) -> None:
        nonlocal is_interrupted
        if is_interrupted and number == signal.SIGINT:
            os._exit(ExitCode.INTERRUPTED)
        is_interrupted = True
        if request_stop is None:
            raise signals.Interrupted
        request_stop()

    _silence_torch()
    with signals.handled(interrupt):
        from emnist_tui.learning.training.distributed.follower import FollowingProcess

        process = FollowingProcess(place)
        request_stop = process.request_stop
        code = process.follow(values)
    return ExitCode.INTERRUPTED if is_interrupted else code


def _silence_torch() -> None:
    """Keep torch's own lines about lost connections off stderr.

    torch reads the variable when it is loaded. The program says in a sentence what they mean.
    """
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
