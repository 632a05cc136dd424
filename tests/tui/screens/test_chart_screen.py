"""Keys of the charts' view, on Train and in the overlay."""

from pathlib import Path

from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.screens.overlay import OverlayScreen
from emnist_tui.tui.session.run_session import RunSession
from tests.support.run_lists import write_runs
from tests.support.scripted_runs import batches, write_run
from tests.support.terminal import live_run, opened_checkpoint, terminal


async def test_z_zooms_and_y_makes_the_loss_logarithmic(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.shows("z Zoom", "y Log")
        await shown.press("z")
        await shown.shows("Loss · last half", "Accuracy · last half")
        await shown.press("y")
        await shown.shows("Loss · last half · log scale", "Accuracy · last half ")
        await shown.press("z", "z", "y")
        await shown.hides("·  last")
        await shown.hides("log scale")


async def test_the_view_stays_when_another_screen_is_shown(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.press("z", "2", "1")
        await shown.shows("Loss · last half")


async def test_the_keys_are_gray_until_there_is_a_step_and_say_why(tmp_path: Path) -> None:
    with live_run(tmp_path, epochs=0) as (folder, log):
        async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
            assert shown.keys["z"] == ("zoom", False)
            assert shown.keys["y"] == ("log_scale", False)
            await shown.press("z", "y")
            await shown.press("question_mark")
            await shown.says("unavailable: no steps yet")
            await shown.press("escape")
            log.write(batches(1, 1, 50))
            await shown.until(lambda: shown.keys["z"] == ("zoom", True), "the key works")
            await shown.press("z")
            await shown.shows("last half")


async def test_a_checkpoint_has_no_steps_to_zoom(tmp_path: Path) -> None:
    for step in (None, 200):
        async with terminal(tmp_path, opened_checkpoint(tmp_path / str(step), tmp_path / "a.pt", step)) as shown:
            await shown.press("1", "z", "y")
            await shown.shows("◆ test")
            assert "log scale" not in shown.text
            assert "batches" not in shown.text
            assert "…" not in shown.text


async def test_the_overlay_zooms_too(tmp_path: Path) -> None:
    root = write_runs(tmp_path / "runs", {"first": 1, "second": 2})
    async with terminal(root, size=(120, 40)) as shown:
        await shown.press("4", "m", "down", "m", "v")
        await shown.until(lambda: isinstance(shown.app.screen, OverlayScreen), "the curves are shown")
        await shown.until(lambda: shown.keys["z"] == ("zoom", True), "the runs are read")
        await shown.press("z", "y")
        await shown.shows("Loss · last half · log scale", "Accuracy · last half ")


async def test_empty_charts_say_what_belongs_there(tmp_path: Path) -> None:
    waiting = RunFolder(tmp_path / "evaluation")
    waiting.path.mkdir()
    async with terminal(tmp_path, RunSession(waiting, checkpoint=tmp_path / "net.pt"), size=(120, 40)) as shown:
        await shown.press("1")
        await shown.says("A checkpoint does not keep the loss of its training")
        await shown.says("A checkpoint does not keep the accuracy of its training")
        shown.app.open(RunSession(write_run(tmp_path, epochs=0, ended=False)), "train")
        await shown.says("Each batch's loss appears here during training")
