"""The app over a long run: no objects accumulate, with the collector on."""

import gc
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from emnist_tui.runs.event_log import EventLog
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import batches
from tests.support.terminal import Terminal, live_run, terminal

ROUNDS = 12
WARM_UP = 8  # rounds after which caches are full
POLLS = 30
CACHED = ("Segment",)  # by Textual, up to a limit


async def watch_training(shown: Terminal, log: EventLog, steps: Iterable[int]) -> None:
    """Follow new batches, as in four seconds of a run, from every screen."""
    for number, step in enumerate(steps):
        log.write(batches(2, step, step))
        shown.app._poll()
        if number % 5 == 0:
            await shown.press("1234"[number // 5 % 4])
        await shown.settle()


@pytest.mark.timeout(200)
@pytest.mark.slow
async def test_objects_do_not_accumulate_while_a_run_trains(tmp_path: Path) -> None:
    assert gc.isenabled()
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
            counts: list[Counter[str]] = []
            for number in range(ROUNDS):
                first = 101 + number * POLLS
                await watch_training(shown, log, range(first, first + POLLS))
                await shown.press("1")
                gc.collect()
                counts.append(Counter(type(found).__qualname__ for found in gc.get_objects()))
    # An object that every poll leaves behind would make as many as there were polls.
    grown = {
        kind: [count[kind] for count in counts]
        for kind in counts[-1]
        if counts[-1][kind] - max(count[kind] for count in counts[:WARM_UP]) >= (ROUNDS - WARM_UP) * POLLS
        and kind not in CACHED
    }
    assert grown == {}
