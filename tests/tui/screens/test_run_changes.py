"""Screen 4, Runs: deleting, renaming, tagging and restoring in the list."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.widgets import Input

from emnist_tui.runs import shipped
from emnist_tui.runs.about import About, read_about
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.trash import discard, list_trash
from emnist_tui.tui.screens import runs
from emnist_tui.tui.screens.confirm import ConfirmDialog
from emnist_tui.tui.screens.edit_run import EditRunDialog
from emnist_tui.tui.screens.runs import RunsScreen
from emnist_tui.tui.screens.trash import TrashDialog
from emnist_tui.tui.session.run_session import RunSession
from tests.support.run_lists import names, runs_in
from tests.support.scripted_runs import write_run
from tests.support.slow import slow
from tests.support.sweep_folders import make_spec, make_sweep
from tests.support.terminal import Terminal, live_run, opened_checkpoint, terminal

SIZES = [(60, 20), *slow([(80, 24), (120, 40)]), (200, 60)]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_LIST_EVERY", 0.05)


async def press(shown: Terminal, *keys: str) -> None:
    """Press keys, each once the dialog that the last one opened or closed is there."""
    for key in keys:
        await shown.press(key)
        await shown.pilot.pause(0.05)


async def fill(shown: Terminal, field: str, text: str) -> None:
    box = shown.app.screen.query_one(f"#{field}", Input)
    box.value = ""
    box.focus()
    await shown.write(text)


@contextmanager
def several(tmp_path: Path) -> Iterator[Path]:
    yield runs_in(tmp_path, "first", "second", "third")


@pytest.mark.parametrize("size", SIZES)
async def test_the_row_under_the_cursor_is_deleted_after_a_question(tmp_path: Path, size: tuple[int, int]) -> None:
    with several(tmp_path) as root:
        async with terminal(root, size=size) as shown:
            await press(shown, "4", "j", "D")
            await shown.says("1 run, ")
            await shown.shows("second", "to the trash? T brings ", " back", "Delete", "Keep")
            await press(shown, "escape")
            assert names(shown) == ["first", "second", "third"]
            await press(shown, "D", "y")
            await shown.until(lambda: names(shown) == ["first", "third"], "the run is gone")
            assert [item.name for item in list_trash(root)] == ["second"]


async def test_marked_rows_are_deleted_together(tmp_path: Path) -> None:
    with several(tmp_path) as root:
        async with terminal(root) as shown:
            await press(shown, "4", "space", "G", "space", "k", "delete")
            await shown.shows("2 runs, ", "first", "third")
            await press(shown, "enter")
            await shown.until(lambda: names(shown) == ["second"], "both are gone")
            await shown.until(
                lambda: any("2 runs moved to the trash" in notice for notice in shown.notices), "it says so"
            )
            assert shown.keys["c"] == ("compare", False)


async def test_a_run_that_trains_is_not_deleted_and_says_so(tmp_path: Path) -> None:
    with live_run(tmp_path, "busy") as (folder, _):
        async with terminal(tmp_path) as shown:
            await press(shown, "4", "D")
            await shown.until(lambda: "busy is being trained; stop it first." in shown.notices, "it says why")
            assert isinstance(shown.app.screen, RunsScreen)
            assert folder.exists()


async def test_a_shipped_checkpoint_is_neither_deleted_nor_renamed(
    tmp_path: Path, no_details: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "root" / "baseline-synthetic.pt"
    path.parent.mkdir()
    path.write_bytes(b"weights")
    monkeypatch.setattr(shipped, "_INSTALLED", path.parent)
    monkeypatch.setattr(shipped, "_NAMES", (path.name,))
    async with terminal(path.parent) as shown:
        await press(shown, "4", "D", "R")
        assert shown.notices == ["baseline-synthetic.pt comes with the program and stays as it is."] * 2
        assert isinstance(shown.app.screen, RunsScreen)
        assert path.exists()


async def test_the_open_run_is_closed_when_it_is_deleted(tmp_path: Path) -> None:
    with several(tmp_path) as root:
        async with terminal(root, RunSession(RunFolder(root / "first"))) as shown:
            await press(shown, "4", "D", "y")
            await shown.shows("no run open")
            assert shown.app.session is None
            await press(shown, "1", "2", "3")
            assert "no run open" in shown.header


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_is_renamed_tagged_and_noted_in_one_dialog(tmp_path: Path, size: tuple[int, int]) -> None:
    with several(tmp_path) as root:
        async with terminal(root, size=size) as shown:
            await press(shown, "4", "j", "space", "R")
            await shown.shows("Name, tags and note", "enter save", "esc cancel")
            await fill(shown, "name", "renamed")
            await fill(shown, "tags", "good paper")
            await fill(shown, "note", "keep it")
            await press(shown, "enter")
            await shown.until(lambda: names(shown) == ["first", "renamed", "third"], "the new name is listed")
            assert read_about(RunFolder(root / "renamed")) == About(("good", "paper"), "keep it")
            await shown.until(lambda: screen(shown).browser.marked == [root / "renamed"], "the mark follows")
            assert (selected := screen(shown).selected)
            assert selected.path == root / "renamed"


def screen(shown: Terminal) -> RunsScreen:
    assert isinstance(shown.app.screen, RunsScreen)
    return shown.app.screen


async def test_the_open_run_follows_its_new_name(tmp_path: Path) -> None:
    with several(tmp_path) as root:
        session = RunSession(RunFolder(root / "first"))
        async with terminal(root, session) as shown:
            await press(shown, "4", "R")
            await fill(shown, "name", "renamed")
            await press(shown, "enter")
            await shown.until(lambda: "renamed" in shown.header, "the header has the new name")
            assert shown.app.session is session
            assert session.follower.folder.path == root / "renamed"
            assert session.home == root / "renamed"
            write_run(root, "first")  # another run of the old name is not followed
            await press(shown, "2")
            await shown.shows("Most confused")
            assert session.record.config


async def test_the_open_checkpoint_follows_its_new_name(tmp_path: Path, no_details: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "old.pt").write_bytes(b"weights")
    session = opened_checkpoint(tmp_path, root / "old.pt")
    async with terminal(root, session) as shown:
        await press(shown, "4", "R")
        await shown.shows("kept in a run's folder")
        await fill(shown, "name", "new.pt")
        await press(shown, "enter")
        await shown.until(lambda: "new.pt" in shown.header, "the header has the new name")
        assert session.checkpoint == root / "new.pt"


@pytest.mark.parametrize(
    ("field", "text", "problem"),
    [("name", "third", "is taken"), ("name", "a/b", "must be 1 to 100"), ("tags", "x" * 41, "at most 40 letters")],
)
async def test_a_bad_value_stays_in_the_dialog(tmp_path: Path, field: str, text: str, problem: str) -> None:
    with several(tmp_path) as root:
        async with terminal(root) as shown:
            await press(shown, "4", "R")
            await fill(shown, field, text)
            await shown.shows(problem)
            await press(shown, "enter")
            assert isinstance(shown.app.screen, EditRunDialog)
            await press(shown, "escape")
            assert names(shown) == ["first", "second", "third"]


async def test_a_run_that_trains_is_tagged_but_not_renamed(tmp_path: Path) -> None:
    with live_run(tmp_path, "busy") as (folder, _):
        async with terminal(tmp_path) as shown:
            await press(shown, "4", "R")
            await shown.shows("is being trained; stop it first.")
            assert shown.app.screen.query_one("#name", Input).disabled
            await fill(shown, "tags", "live")
            await press(shown, "enter")
            await shown.until(lambda: read_about(folder).tags == ("live",), "the tag is written")
            assert folder.is_training()


async def test_a_note_of_several_lines_is_kept_unless_it_is_changed(tmp_path: Path) -> None:
    with several(tmp_path) as root:
        run = RunFolder(root / "first")
        run.about.write_text('{"note": "two\\nlines", "tags": []}')
        async with terminal(root) as shown:
            await press(shown, "4", "R")
            await fill(shown, "tags", "new")
            await press(shown, "enter")
            await shown.until(lambda: read_about(run) == About(("new",), "two\nlines"), "only the tag is new")


@pytest.mark.parametrize("size", SIZES)
async def test_the_trash_restores_and_is_emptied_after_a_question(tmp_path: Path, size: tuple[int, int]) -> None:
    with several(tmp_path) as root:
        for name in ("first", "second"):
            discard(root, root / name)
        async with terminal(root, size=size) as shown:
            await press(shown, "4", "T")
            await shown.shows("Trash · 2 runs", "first", "second", "enter restore", "e empty", "kB")
            shown.app.screen.query_one("ChoiceList").focus()
            await press(shown, "enter")
            await shown.shows("Trash · 1 run,")
            await press(shown, "e")
            await shown.shows("for good?")
            assert isinstance(shown.app.screen, ConfirmDialog)
            await press(shown, "enter")  # of a final answer, no is the default
            assert len(list_trash(root)) == 1
            await press(shown, "e", "y")
            await shown.shows("The trash is empty.")
            await press(shown, "escape")
            await shown.until(lambda: len(names(shown)) == 2, "the restored run is listed")
            assert list_trash(root) == []


async def test_a_restore_that_is_refused_says_why(tmp_path: Path) -> None:
    with several(tmp_path) as root:
        discard(root, root / "first")
        write_run(root, "first")
        async with terminal(root) as shown:
            await press(shown, "4", "T", "r")
            await shown.until(
                lambda: any("first is in the list again" in notice for notice in shown.notices), "it says why"
            )
            assert isinstance(shown.app.screen, TrashDialog)
            assert len(list_trash(root)) == 1


async def test_a_run_deleted_by_somebody_else_meanwhile_is_told(tmp_path: Path) -> None:
    with several(tmp_path) as root:
        async with terminal(root) as shown:
            await press(shown, "4", "D")
            discard(root, root / "first")
            await press(shown, "y")
            await shown.until(lambda: any("no longer there" in notice for notice in shown.notices), "it says so")
            await shown.until(lambda: names(shown) == ["second", "third"], "the list goes on")


async def test_names_with_markup_and_newlines_are_shown_literally(tmp_path: Path) -> None:
    name = "[red]a[b] \x1b[7m\nb"
    write_run(tmp_path, name)
    async with terminal(tmp_path, size=(120, 40)) as shown:
        await press(shown, "4", "D")
        await shown.shows("[red]a[b] \\x1b[7m\\nb", "to the trash?")
        await press(shown, "y")
        await shown.until(lambda: len(list_trash(tmp_path)) == 1, "it is deleted")
        await press(shown, "T")
        await shown.shows("[red]a[b] \\x1b[7m\\nb")
        await press(shown, "r", "escape", "R")
        assert isinstance(shown.app.screen, EditRunDialog)
        await press(shown, "escape")
        assert "\x1b" not in shown.text


async def test_a_sweep_is_deleted_and_restored_whole(tmp_path: Path) -> None:
    folder = make_sweep(tmp_path / "search", make_spec(20), trials=5)
    async with terminal(tmp_path) as shown:
        await press(shown, "4")
        await shown.shows("waiting 5 of 20")
        await press(shown, "g", "D")
        await shown.says("1 sweep, ")
        await press(shown, "y")
        await shown.until(lambda: not folder.path.exists(), "the sweep is in the trash")
        assert [trashed.name for trashed in list_trash(tmp_path)] == ["search"]
        await shown.hides("waiting 5 of 20")


async def test_a_sweep_is_tagged_and_one_that_trains_is_neither_renamed_nor_deleted(tmp_path: Path) -> None:
    folder = make_sweep(tmp_path / "search", make_spec(20), trials=5, workers=1)
    async with terminal(tmp_path, size=(120, 40)) as shown:
        await press(shown, "4")
        await shown.shows("training 4 of 20")
        await press(shown, "g", "D")
        await shown.shows("Workers train on search; stop the sweep first.")
        assert folder.exists()
        await press(shown, "R")
        await fill(shown, "tags", "rates")
        await press(shown, "enter")
        assert read_about(RunFolder(folder.path)).tags == ("rates",)
        await shown.shows("rates")
