"""The program as a rank that is soon out of patience, and may fail: `python -m tests.support.ranks_program`.

With RANK_FAILS_AT set, the rank raises an error at that exchange of its process group.
"""

import os
import sys
from datetime import timedelta

from emnist_tui import cli
from emnist_tui.learning.training import checkpointer
from emnist_tui.learning.training.distributed import group

PATIENCE = 6.0  # seconds


def main() -> int:
    group.TIMEOUT = timedelta(seconds=PATIENCE)
    checkpointer._SAVE_EVERY = 0.2
    if "RANK_FAILS_AT" in os.environ:
        _fail_at(int(os.environ["RANK_FAILS_AT"]))
    return cli.main(sys.argv[1:])


def _fail_at(exchange: int) -> None:
    gather, count = group.ProcessGroup.gather, 0

    def gather_or_fail(self: group.ProcessGroup, *vectors: object) -> None:
        nonlocal count
        count += 1
        if count == exchange:
            raise MemoryError("no room on this rank")
        gather(self, *vectors)  # type: ignore[arg-type]

    group.ProcessGroup.gather = gather_or_fail  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    sys.exit(main())
