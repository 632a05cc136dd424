"""Every screen, hurried."""

import asyncio
from pathlib import Path

import pytest
from textual.css.query import NoMatches
from textual.events import Click, MouseDown, MouseMove, MouseUp, Resize
from textual.geometry import Size
from textual.widgets import OptionList
from textual.widgets._toast import Toast
from textual.worker import WorkerFailed

from emnist_tui.tui.app import EmnistApp
from emnist_tui.tui.screens.download import DownloadDialog
from emnist_tui.tui.screens.help import HelpDialog
from emnist_tui.tui.screens.robust import RobustPalette
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.choice_list import ChoiceList
from tests.support.scripted_runs import write_run
from tests.support.terminal import terminal


@pytest.mark.parametrize("key", ["1", "2", "3", "4", "n", "question_mark", "ctrl+p"])
async def test_two_sizes_under_way_at_once_do_not_chase_each_other(tmp_path: Path, key: str) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press(key)
        screen = shown.app.screen
        laid_out: list[Size] = []
        screen.screen_layout_refresh_signal.subscribe(screen, lambda _: laid_out.append(screen.size), immediate=True)
        for size in (Size(90, 30), Size(80, 24)):  # the terminal has the latter
            screen.post_message(Resize(size, size, size))
            screen.call_later(lambda: None)  # two sizes in a row would be one to Textual
        await shown.settle()
        before = len(laid_out)
        await asyncio.sleep(0.3)
        assert len(laid_out) - before <= 1, laid_out
        assert screen.size == Size(80, 24)


async def test_a_palette_is_closed_before_it_is_there(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        palette = RobustPalette()
        shown.app.push_screen(palette)
        palette.dismiss()
        await shown.settle()
        assert len(shown.app.screen_stack) == 1


async def test_what_was_to_follow_a_repaint_is_left_when_its_screen_has_gone(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        dialog = DownloadDialog(shown.app.download, lambda _: True)
        shown.app.push_screen(dialog)
        dialog.post_message(Resize(Size(80, 24), Size(80, 24)))
        dialog.dismiss()
        await dialog.remove()
        await shown.settle()
        assert len(shown.app.screen_stack) == 1


async def test_a_link_clicked_once_more_when_its_dialog_has_gone_dismisses_nothing_else(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("question_mark")
        for _ in range(3):
            await shown.app.run_action("screen.dismiss", shown.app.screen)
        await shown.settle()
        assert len(shown.app.screen_stack) == 1


async def test_a_message_is_clicked_while_it_goes(tmp_path: Path) -> None:
    """It is painted until the next refresh."""
    async with terminal(tmp_path) as shown:
        shown.app.notify("here")
        await shown.shows("here")
        toast = shown.app.screen.query_one(Toast)
        x, y = toast.content_region.offset
        await toast.remove()
        for kind in (MouseDown, MouseMove, MouseUp):
            shown.app.screen._forward_event(kind(None, x, y, 0, 0, 1, False, False, False))
        await shown.settle()


async def test_a_command_that_is_entered_again_runs_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[EmnistApp] = []
    monkeypatch.setattr(EmnistApp, "action_redraw", lambda app: done.append(app))
    async with terminal(tmp_path) as shown:
        await shown.press("ctrl+p")
        await shown.write("redraw")
        await shown.hides("Every key")
        await shown.press_at_once(*["enter"] * 5)
        await shown.until(lambda: done, "it was done")
        await shown.settle()
        assert done == [shown.app]


async def test_the_list_of_themes_is_closed_in_a_hurry(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        shown.app.search_themes()
        await shown.shows("emnist-contrast")
        await shown.press_at_once(*["enter"] * 5)
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "it is closed")


async def test_what_a_worker_misses_while_the_app_is_left_is_no_news(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        shown.app.exit()
        shown.app._handle_exception(WorkerFailed(NoMatches("the list is gone")))


async def test_a_dialog_is_answered_before_the_palette_opens(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("question_mark", "ctrl+p")
        assert isinstance(shown.app.screen, HelpDialog)


@pytest.mark.parametrize("key", ["n", "question_mark", "ctrl+p"])
async def test_ctrl_q_leaves_from_every_dialog(tmp_path: Path, key: str) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press(key, "ctrl+q")
        await shown.left()


PAGES = ("pagedown", "pageup")


async def test_a_palette_without_room_for_its_list_is_paged(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("ctrl+p", "down")
        await shown.pilot.resize_terminal(80, 3)
        await shown.press(*PAGES)
        await shown.pilot.resize_terminal(80, 24)
        await shown.press(*PAGES)
        await shown.shows("Search for commands")


async def test_a_palette_is_clicked_where_its_window_was(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("ctrl+p")
        palette = shown.app.screen
        await shown.pilot.resize_terminal(60, 10)
        palette.post_message(Click(palette, 70, 20, 0, 0, 1, False, False, False, 70, 20))
        await shown.settle()
        assert shown.app.screen is palette
        palette.dismiss()
        palette.post_message(Click(palette, 1, 1, 0, 0, 1, False, False, False, 1, 1))
        await shown.settle()
        assert len(shown.app.screen_stack) == 1


async def test_a_command_is_clicked(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("ctrl+p")
        await shown.shows("Every key")
        row = next(row for row, line in enumerate(shown.text.split("\n")) if "Every key" in line)
        await shown.pilot.click(offset=(20, row))
        await shown.until(lambda: isinstance(shown.app.screen, HelpDialog), "the help is shown")


async def test_a_line_is_clicked_while_the_list_changes(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("ctrl+p")
        await shown.shows("Every key")
        options = shown.app.screen.query_one(OptionList)
        x, y = options.content_region.x + 2, options.content_region.y + 4
        for kind in (MouseDown, MouseUp):
            await shown.app.on_event(kind(None, x, y, 0, 0, 1, False, False, False, x, y))
        options.clear_options()
        await shown.settle()


async def test_a_list_without_room_is_paged(tmp_path: Path) -> None:
    """As for a moment in a window that has become too small, until the focus has gone elsewhere."""
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (50, 15)) as shown:
        await shown.press("2")
        pairs = shown.app.screen.query_one(ChoiceList).focus()
        await shown.press("down", *PAGES)
        await shown.pilot.resize_terminal(120, 40)
        await shown.settle()
        pairs.focus()
        await shown.press("pagedown")
        assert (pairs.highlighted or 0) > 5  # by a page
