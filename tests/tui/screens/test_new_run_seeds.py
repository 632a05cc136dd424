"""A group of seeds from the form of a new run."""

from pathlib import Path

import pytest
from textual.widgets import Input

from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.tui.screens.new_run import NewRunDialog
from emnist_tui.tui.screens.sweep import SweepScreen
from tests.support.terminal import Terminal, terminal


async def fill_in(shown: Terminal, **values: str) -> None:
    await shown.press("n")
    await shown.until(lambda: isinstance(shown.app.screen, NewRunDialog), "the form is open")
    for name, text in values.items():
        shown.app.screen.query_one(f"#{name}", Input).value = text
    await shown.settle()


async def test_seeds_start_a_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    launched: list[tuple[str, int]] = []
    monkeypatch.setattr(SweepScreen, "on_mount", lambda self: launched.append((self.folder.name, self._workers)))
    monkeypatch.setattr("emnist_tui.runs.sweeps.spare_workers.spare_workers", lambda config, runs: 2)
    async with terminal(tmp_path) as shown:
        await fill_in(shown, name="mine", data="synthetic", seed="7", seeds="3")
        await shown.press("enter")
        await shown.until(lambda: launched, "the group is shown")
        assert launched == [("mine", 2)]
        spec = SweepFolder(tmp_path / "mine").read_spec()
        assert [point["seed"] for point in spec.grid()] == [7, 8, 9]


async def test_the_form_names_the_seeds_and_how_many_train_at_once(tmp_path: Path) -> None:
    async with terminal(tmp_path, size=(80, 40)) as shown:
        await fill_in(shown, seed="7", seeds="3", device="cpu", threads="1000")
        await shown.shows("seeds 7 to 9, 1 run at once")
        shown.app.screen.query_one("#seeds", Input).value = ""
        await shown.hides("at once")


async def test_a_group_that_cannot_be_created_is_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(SweepFolder, "begin", fail)
    async with terminal(tmp_path) as shown:
        await fill_in(shown, seeds="3")
        await shown.press("enter")
        await shown.until(lambda: any("No space left" in notice for notice in shown.notices), "it says why")
