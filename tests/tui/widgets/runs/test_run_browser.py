"""The browser of runs; with its keys it is tested in tests/tui/screens/test_runs_rows.py."""

from pathlib import Path

from textual.app import App, ComposeResult

from emnist_tui.tui.widgets.runs.run_browser import RunBrowser, describe_marks
from tests.support.run_lists import runs_in


class BrowserApp(App[None]):
    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root

    def compose(self) -> ComposeResult:
        yield RunBrowser(self._root)


async def test_marks_follow_renamed_runs_and_leave_deleted_ones(tmp_path: Path) -> None:
    root = runs_in(tmp_path, "first", "second", "third")
    async with BrowserApp(root).run_test() as pilot:
        browser = pilot.app.query_one(RunBrowser)
        browser.refresh_list()
        browser.marked = [root / "third", root / "first"]
        (root / "third").rename(root / "renamed")
        browser.follow(root / "third", root / "renamed")
        assert browser.marked == [root / "renamed", root / "first"]
        assert browser.marked_runs == browser.marked
        assert browser.selected
        assert browser.selected.name == "renamed"
        (root / "first" / "run.json").unlink()
        browser.follow(root / "first", None)
        assert browser.marked == [root / "renamed"]


def test_two_marks_are_a_and_b() -> None:
    assert describe_marks([]) == ""
    assert describe_marks(["x", "y"]) == "A x · B y"
    assert describe_marks(["x", "y", "z"]) == "3 marked"
