"""Screen 4, Runs: marking rows, to compare or overlay them."""

from pathlib import Path

import pytest

from emnist_tui.tui.screens import runs
from emnist_tui.tui.widgets.runs.run_table import RunTable
from tests.support.run_lists import names, runs_in
from tests.support.scripted_runs import write_run
from tests.support.terminal import Terminal, terminal


def marked(shown: Terminal) -> list[str]:
    """Return the names of the marked rows."""
    table = shown.app.screen.query_one(RunTable)
    cells = [table.get_row_at(row)[:2] for row in range(table.row_count)]
    return [str(name) for mark, name in cells if "●" in str(mark)]


async def test_space_marks_and_unmarks_the_row_under_the_cursor(tmp_path: Path) -> None:
    async with terminal(runs_in(tmp_path, "first", "second", "third")) as shown:
        await shown.press("4", "space", "down", "down", "space")
        assert marked(shown) == ["first", "third"]
        await shown.shows("A first · B third")
        await shown.press("m", "up", "m")
        assert marked(shown) == ["first", "second"]
        await shown.shows("A first · B second")
        await shown.press("escape")
        assert marked(shown) == []
        await shown.hides("A first")


async def test_marks_follow_their_runs_through_refreshes_and_resizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_LIST_EVERY", 0.05)
    root = runs_in(tmp_path, "first", "second", "third")
    async with terminal(root) as shown:
        await shown.press("4")
        await shown.until(lambda: len(names(shown)) == 3, "the runs are listed")
        await shown.press("down", "m", "down", "m")
        write_run(root, "brand-new")
        await shown.until(lambda: names(shown)[0] == "brand-new", "the new run is listed")
        assert marked(shown) == ["second", "third"]
        await shown.pilot.resize_terminal(120, 40)
        await shown.settle()
        assert marked(shown) == ["second", "third"]
        (root / "second" / "run.json").unlink()
        await shown.until(lambda: "second" not in names(shown), "the run is gone")
        assert marked(shown) == ["third"]
        assert shown.keys["c"] == ("compare", False)


async def test_compare_needs_two_marks_and_overlay_two_marked_runs(tmp_path: Path, no_details: Path) -> None:
    root = runs_in(tmp_path, "first", "second", "third")
    (root / "kept.pt").touch()
    async with terminal(root) as shown:
        await shown.press("4")

        def works() -> tuple[bool, bool]:
            return shown.keys["c"][1], shown.keys["v"][1]

        assert works() == (False, False)
        await shown.press("m")
        assert works() == (False, False)
        await shown.press("ctrl+end", "m")
        assert marked(shown) == ["first", "kept.pt"]
        assert works() == (True, False)
        await shown.press("m", "up", "m")
        assert works() == (True, True)
        await shown.press("up", "m")
        assert works() == (False, True)
        await shown.press("c")
        assert isinstance(shown.app.screen, runs.RunsScreen)


async def test_mark_is_grayed_in_an_empty_list(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("4")
        assert shown.keys["m"] == ("mark", False)
        await shown.press("m")


async def test_mark_compare_and_overlay_are_in_the_footer_and_the_help(tmp_path: Path) -> None:
    async with terminal(runs_in(tmp_path, "first"), size=(120, 40)) as shown:
        await shown.press("4")
        for words in ("space Mark", "c Compare", "v Overlay"):
            assert words in shown.foot
        await shown.press("?")
        await shown.shows(
            "Compare the two marked rows", "Overlay the curves of the marked runs", "Mark or unmark the row"
        )
