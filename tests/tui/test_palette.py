"""The command palette: a command for every key that works."""

from pathlib import Path

from textual.command import CommandPalette

from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import write_run
from tests.support.terminal import terminal


async def test_the_palette_lists_every_available_key_once(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 60)) as shown:
        await shown.press("ctrl+p")
        await shown.until(lambda: isinstance(shown.app.screen, CommandPalette), "the palette is open")
        # The tooltips of the bindings, which the screen below does not show.
        await shown.shows("Configure a new training run", "Confusion matrix", "Misclassified digits", "Every key")
        assert "Save a checkpoint now" not in shown.text
        assert shown.text.count("Every key") == 1  # of two keys for it
        await shown.write("errors")
        await shown.hides("Change the current theme")
        await shown.shows("Misclassified digits")
        await shown.press("enter")
        await shown.until(lambda: shown.app.current_mode == "errors", "the errors are shown")
