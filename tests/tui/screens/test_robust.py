"""Late keys and clicks, window sizes in a row, and tiny windows."""

import asyncio
from pathlib import Path

import pytest
from textual.css.query import NoMatches
from textual.events import Click, MouseDown, MouseMove, MouseUp, Resize
from textual.geometry import Size
from textual.widgets import OptionList, Static
from textual.worker import WorkerFailed

from emnist_tui.tui.app import EmnistApp
from emnist_tui.tui.screens.download import DownloadDialog
from emnist_tui.tui.screens.help import HelpDialog
from emnist_tui.tui.screens.robust import RobustPalette
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.choice_list import ChoiceList
from tests.support.scripted_runs import write_run
from tests.support.terminal import live_run, terminal


@pytest.mark.parametrize("key", ["1", "2", "3", "4", "n", "question_mark", "ctrl+p"])
async def test_two_queued_sizes_do_not_alternate(tmp_path: Path, key: str) -> None:
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


async def test_a_palette_can_be_closed_before_it_is_mounted(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        palette = RobustPalette()
        shown.app.push_screen(palette)
        palette.dismiss()
        await shown.settle()
        assert len(shown.app.screen_stack) == 1


async def test_a_callback_after_refresh_is_dropped_with_its_screen(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        dialog = DownloadDialog(shown.app.download, lambda _: True)
        shown.app.push_screen(dialog)
        dialog.post_message(Resize(Size(80, 24), Size(80, 24)))
        dialog.dismiss()
        await dialog.remove()
        await shown.settle()
        assert len(shown.app.screen_stack) == 1


async def test_repeated_clicks_on_a_closing_dialog_dismiss_nothing_else(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("question_mark")
        for _ in range(3):
            await shown.app.run_action("screen.dismiss", shown.app.screen)
        await shown.settle()
        assert len(shown.app.screen_stack) == 1


async def test_a_click_on_a_removed_widget_is_harmless(tmp_path: Path) -> None:
    """A removed widget stays painted until the next refresh."""
    async with terminal(tmp_path) as shown:
        extra = Static("extra")
        await shown.app.screen.query_one("#facts").mount(extra)
        await shown.settle()
        x, y = extra.content_region.offset
        await extra.remove()
        for kind in (MouseDown, MouseMove, MouseUp):
            shown.app.screen._forward_event(kind(None, x, y, 0, 0, 1, False, False, False))
        await shown.settle()


async def test_repeated_enter_runs_a_command_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[EmnistApp] = []
    monkeypatch.setattr(EmnistApp, "action_redraw", lambda app: done.append(app))
    async with terminal(tmp_path) as shown:
        await shown.press("ctrl+p")
        await shown.write("redraw")
        await shown.hides("Every key")
        done.clear()  # the first size calls it, too
        await shown.press_at_once(*["enter"] * 5)
        await shown.until(lambda: done, "the command ran")
        await shown.settle()
        assert done == [shown.app]


async def test_repeated_enter_closes_the_theme_list_once(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        shown.app.search_themes()
        await shown.shows("emnist-contrast")
        await shown.press_at_once(*["enter"] * 5)
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "it is closed")


async def test_a_worker_error_during_exit_is_ignored(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        shown.app.exit()
        shown.app._handle_exception(WorkerFailed(NoMatches("the list is gone")))


async def test_the_palette_does_not_open_over_a_dialog(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("question_mark", "ctrl+p")
        assert isinstance(shown.app.screen, HelpDialog)


@pytest.mark.parametrize("key", ["n", "question_mark", "ctrl+p"])
async def test_ctrl_q_quits_from_every_dialog(tmp_path: Path, key: str) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press(key, "ctrl+q")
        await shown.left()


PAGES = ("pagedown", "pageup")


async def test_paging_a_palette_too_small_for_its_list_is_harmless(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("ctrl+p", "down")
        await shown.pilot.resize_terminal(80, 3)
        await shown.press(*PAGES)
        await shown.pilot.resize_terminal(80, 24)
        await shown.press(*PAGES)
        await shown.shows("Search for commands")


async def test_a_click_outside_the_palette_is_harmless(tmp_path: Path) -> None:
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


async def test_a_click_runs_a_command(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("ctrl+p")
        await shown.shows("Every key")
        await shown.click_on("Every key")
        await shown.until(lambda: isinstance(shown.app.screen, HelpDialog), "the help is shown")


async def test_a_click_on_a_changing_list_is_harmless(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("ctrl+p")
        await shown.shows("Every key")
        options = shown.app.screen.query_one(OptionList)
        x, y = options.content_region.x + 2, options.content_region.y + 4
        for kind in (MouseDown, MouseUp):
            await shown.app.on_event(kind(None, x, y, 0, 0, 1, False, False, False, x, y))
        options.clear_options()
        await shown.settle()


async def test_paging_a_list_without_room_is_harmless(tmp_path: Path) -> None:
    """A window that has become too small keeps the list's focus for a moment."""
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (50, 15)) as shown:
        await shown.press("2")
        pairs = shown.app.screen.query_one(ChoiceList).focus()
        await shown.press("down", *PAGES)
        await shown.pilot.resize_terminal(120, 40)
        await shown.settle()
        pairs.focus()
        await shown.press("pagedown")
        assert (pairs.highlighted or 0) > 5  # by a page


@pytest.mark.parametrize("opening", ["question_mark", "n", "q"])
async def test_repeated_escape_closes_one_dialog_only(tmp_path: Path, opening: str) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            below = shown.app.screen
            await shown.press(opening)
            assert shown.app.screen is not below
            await shown.press_at_once("escape", "escape", "escape")
            await shown.until(lambda: shown.app.screen is below, "the screen below is back")
            await shown.press("2")
            assert shown.app.current_mode == "confusion"


@pytest.mark.parametrize("keys", [["n"], ["question_mark"], ["ctrl+p"], []], ids=["form", "help", "palette", "screen"])
async def test_every_dialog_can_be_repainted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: list[str]) -> None:
    done: list[EmnistApp] = []
    async with terminal(tmp_path) as shown:
        await shown.press(*keys)
        await shown.settle()
        monkeypatch.setattr(EmnistApp, "action_redraw", lambda app: done.append(app))
        await shown.press("ctrl+l")
        await shown.until(lambda: done == [shown.app], "the screen is repainted")
