"""Screen 1, Train, in step with the replay of a run."""

from pathlib import Path

from emnist_tui.tui.session.run_session import RunSession
from tests.support.recordings import record
from tests.support.scripted_runs import write_run
from tests.support.terminal import terminal


async def test_the_charts_mark_the_step_of_the_replay(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    record(folder.path, [1, 2, 3], apart=100)
    session = RunSession(folder)
    async with terminal(tmp_path, session, (120, 40)) as shown:
        await shown.shows("finished")
        assert "╎" not in shown.text
        session.replay.go(1)
        await shown.shows("step 100 · ")
        assert shown.text.count("step 100 · ") == 2
        assert "╎" in shown.text
        session.replay.go(None)
        await shown.hides("step 100 · ")
