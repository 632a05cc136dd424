"""Message line: reserved room, whole sentences, and a layout that never changes."""

from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.geometry import Region
from textual.widget import Widget

from emnist_tui.runs.events import CheckpointFailed, PhaseStarted, StuckAtChance
from emnist_tui.tui.messaging_app import MessagingApp
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.charts.chart import Chart
from emnist_tui.tui.widgets.message_line import MessageLine, WholeMessage, fit
from tests.support.scripted_runs import write_run
from tests.support.slow import slow
from tests.support.terminal import SCREENS, Terminal, live_run, terminal

LONG = " ".join(f"word{number:02}" for number in range(45))
SIZES = [(60, 20), *slow([(80, 24), (120, 40)])]


def test_a_text_that_fits_is_whole() -> None:
    assert fit("", 10, 1) == ([""], True)
    assert fit("a short one", 20, 1) == (["a short one"], True)
    assert fit("a short one", 9, 2) == (["a short", "one"], True)


def test_a_cut_text_ends_with_an_ellipsis() -> None:
    assert fit("one two three", 7, 1) == (["one tw…"], False)
    assert fit("one two three four", 7, 2) == (["one two", "three …"], False)


def test_wide_characters_are_measured_in_cells() -> None:
    lines, is_whole = fit("数字 数字 数字", 6, 1)
    assert not is_whole
    assert sum(1 + (letter > "\u2fff") for letter in lines[0]) <= 6


def others(shown: Terminal) -> dict[Widget, Region]:
    """Return the regions of all widgets; of a message only that of visible room which it has in any case."""
    screen = shown.app.screen
    messages = (WholeMessage, MessageLine) if screen.is_modal else WholeMessage
    return {widget: widget.region for widget in screen.query("*") if not isinstance(widget, messages)}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Chart]:
    """Charts that were drawn, in order."""
    charts: list[Chart] = []
    refresh = Chart.refresh

    def noted(chart: Chart, *regions: Region, **options: bool) -> Chart:
        charts.append(chart)
        return refresh(chart, *regions, **options)

    monkeypatch.setattr(Chart, "refresh", noted)
    return charts


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("key", SCREENS)
async def test_a_message_moves_and_redraws_nothing(
    tmp_path: Path, key: str, size: tuple[int, int], drawn: list[Chart]
) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), size) as shown:
        await shown.press(key)
        await shown.until(lambda: shown.app.current_mode == SCREENS[key], "the screen is shown")
        await shown.settle()
        before = others(shown)
        drawn.clear()
        for severity in ("information", "error"):
            shown.app.notify(f"{severity}: {LONG}", severity=severity, markup=False)
            await shown.shows(f"{severity}: word00")
            assert others(shown) == before
            await shown.press("escape")
            await shown.hides(f"{severity}: word00")
            assert others(shown) == before
        assert not drawn


@pytest.mark.parametrize("size", SIZES)
async def test_a_notice_about_the_run_moves_and_redraws_nothing(
    tmp_path: Path, size: tuple[int, int], drawn: list[Chart]
) -> None:
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder), size) as shown:
            await shown.shows("training")
            await shown.settle()
            before = others(shown)
            drawn.clear()
            log.write(PhaseStarted(phase="loading torch", time=0.0))
            await shown.shows("Loading torch …")
            assert others(shown) == before
            log.write(CheckpointFailed(error=f"No space left. {LONG}", step=1200))
            await shown.shows("could not be saved")
            assert others(shown) == before
            assert not drawn


@pytest.mark.parametrize("size", SIZES)
async def test_a_whole_sentence_can_be_read_and_closed_and_read_again(tmp_path: Path, size: tuple[int, int]) -> None:
    with live_run(tmp_path) as (folder, log):
        log.write(StuckAtChance(epoch=2, step=1500, loss=2.326, seed=7))
        async with terminal(tmp_path, RunSession(folder), size) as shown:
            await shown.says("to train with another seed.")
            if size == (120, 40):
                return  # it fits
            await shown.press("escape")
            await shown.hides("another seed.")
            await shown.shows("After 1,500 steps")
            await shown.press("escape")
            await shown.says("to train with another seed.")


@pytest.mark.parametrize("size", SIZES)
async def test_a_long_error_is_whole_in_every_window(tmp_path: Path, size: tuple[int, int]) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), size) as shown:
        shown.app.notify(LONG, severity="error", markup=False)
        await shown.says(LONG)
        assert shown.foot.endswith("q Quit")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("key", ["n", "question_mark", "q"])
async def test_a_message_leaves_the_foot_of_a_dialog_visible(tmp_path: Path, key: str, size: tuple[int, int]) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder), size) as shown:
            await shown.press(key)
            await shown.until(lambda: len(shown.app.screen_stack) == 2, "the dialog is shown")
            await shown.settle()
            before = others(shown)
            rows = shown.text.split("\n")
            foot = shown.app.screen.query("Vertical, VerticalScroll").first().region.bottom - 1
            assert "╰" in rows[foot]
            shown.app.notify("In a dialog", markup=False)
            await shown.shows("In a dialog")
            assert shown.text.split("\n")[foot] == rows[foot]
            shown.app.notify(LONG, severity="error", markup=False)
            shown.app.messages.skip()
            await shown.says(LONG)
            assert shown.text.split("\n")[foot] == rows[foot]
            assert others(shown) == before
            await shown.press("escape")  # closes the message first
            assert len(shown.app.screen_stack) == 2


async def test_the_message_of_the_app_precedes_the_notice_and_gives_way_to_it(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    folder.events.unlink()
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        await shown.shows("This run was never trained")
        shown.app.notify("Something else", markup=False)
        await shown.shows("Something else")
        assert "This run was never trained" not in shown.text
        shown.app.messages.skip()
        await shown.shows("This run was never trained")


async def test_a_click_shows_a_cut_message_in_full(tmp_path: Path) -> None:
    class Scene(MessagingApp[None]):
        def compose(self) -> ComposeResult:
            yield MessageLine()
            yield WholeMessage()

    app = Scene()
    async with app.run_test(size=(60, 20)) as pilot:
        line, whole = app.screen.query_one(MessageLine), app.screen.query_one(WholeMessage)
        line.show_notice("error", LONG)
        line.close()
        await pilot.pause()
        assert not whole.display
        await pilot.click(line)
        assert whole.display
