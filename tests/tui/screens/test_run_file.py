"""The question which file is run."""

from pathlib import Path

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
        await shown.press("enter")
        await shown.says("names no network")
        line.value = f" {network} "
        await shown.press("enter")
        await shown.until(lambda: answers == [network], "it is answered")


async def test_escape_answers_nothing(tmp_path: Path) -> None:
    answers: list[str | None] = []
    async with terminal(tmp_path) as shown:
        shown.app.push_screen(RunFileDialog("/gone/net.py:Net"), answers.append)
        await shown.until(lambda: bool(shown.app.screen.query("RunFileDialog Input")), "the dialog is shown")
        await shown.press("escape")
        await shown.until(lambda: answers == [None], "it is answered")
