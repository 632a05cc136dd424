"""The question which file is run."""

from pathlib import Path

import pytest
from textual.widgets import Input

from emnist_tui.tui.screens.run_file import RunFileDialog
from tests.support.own_networks import write_network
from tests.support.terminal import terminal


async def test_the_answer_is_the_file_by_its_absolute_path(tmp_path: Path) -> None:
    network = write_network(tmp_path, "ResNet")
    answers: list[str | None] = []
    async with terminal(tmp_path) as shown:
        shown.app.push_screen(RunFileDialog("/gone/[b]\x1b.py:ResNet"), answers.append)
        await shown.until(lambda: bool(shown.app.screen.query("RunFileDialog Input")), "the dialog is shown")
        line = shown.app.screen.query_one(Input)
        assert line.value == r"/gone/[b]\x1b.py:ResNet"
        line.value = f"  {network}:more "
        await shown.says("names no network")
        await shown.press("enter")
        assert answers == []
        line.value = f" {network} "
        await shown.settle()
        await shown.press("enter")
        await shown.until(lambda: answers == [network], "it is answered")


async def test_escape_answers_nothing(tmp_path: Path) -> None:
    answers: list[str | None] = []
    async with terminal(tmp_path) as shown:
        shown.app.push_screen(RunFileDialog("/gone/net.py:Net"), answers.append)
        await shown.until(lambda: bool(shown.app.screen.query("RunFileDialog Input")), "the dialog is shown")
        await shown.press("escape")
        await shown.until(lambda: answers == [None], "it is answered")


@pytest.mark.parametrize(
    ("keys", "is_run"),
    [("enter", False), ("y", True), ("n", False), ("q", False), ("left enter", True), ("up enter", True)],
)
async def test_enter_runs_a_file_only_where_the_user_moved_to_it(tmp_path: Path, keys: str, is_run: bool) -> None:
    network = write_network(tmp_path, "ResNet")
    answers: list[str | None] = []
    async with terminal(tmp_path, size=(60, 20)) as shown:
        shown.app.push_screen(RunFileDialog(network), answers.append)
        await shown.shows("y  Run it", "esc  Cancel")
        await shown.press(*keys.split())
        await shown.until(lambda: answers == [network if is_run else None], "it is answered")
