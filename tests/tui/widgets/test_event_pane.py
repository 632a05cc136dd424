"""Event pane: the newest events of the open run, in large windows only."""

from pathlib import Path

import pytest

from emnist_tui.runs.events import CheckpointSaved
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.event_pane import EventPane
from tests.support.scripted_runs import write_run
from tests.support.terminal import live_run, terminal


async def test_new_events_appear_in_a_large_window(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder), (200, 60)) as shown:
            await shown.shows("epoch 1 ended: train loss 0.500", "evaluated on test after epoch 1")
            log.write(CheckpointSaved(file="last.pt", step=123))
            await shown.shows("saved last.pt at step 123")


async def test_another_run_replaces_the_events(tmp_path: Path) -> None:
    first, second = write_run(tmp_path, "first"), write_run(tmp_path, "second", epochs=1)
    async with terminal(tmp_path, RunSession(first), (200, 60)) as shown:
        await shown.shows("epoch 3 ended")
        shown.app.open(RunSession(second), "train")
        await shown.shows("epoch 1 ended")
        await shown.hides("epoch 3 ended")


@pytest.mark.parametrize("size", [(120, 40), (200, 40), (120, 60)])
async def test_a_smaller_window_reads_no_events(tmp_path: Path, size: tuple[int, int]) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), size) as shown:
        await shown.shows("300/300")
        pane = shown.app.screen.query_one(EventPane)
        assert not pane.display
        assert pane._log is None
        await shown.resize(200, 60)
        await shown.shows("epoch 3 ended")
