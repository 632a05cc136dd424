"""Two networks and one digit, from a comparison and back."""

from pathlib import Path

import pytest

from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.screens.disagreements import DisagreementsScreen
from emnist_tui.tui.screens.inside_pair import InsidePairScreen
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.run_session import RunSession
from tests.support.recorded_runs import recorded_run
from tests.support.terminal import Terminal, terminal


async def compare(shown: Terminal, folder: Path) -> CompareScreen:
    screen = CompareScreen(ComparisonSide(folder, -2), ComparisonSide(folder))
    await shown.app.push_screen(screen)
    await shown.until(lambda: screen.pair_inside, "the comparison is there")
    return screen


def pair_of(shown: Terminal) -> InsidePairScreen:
    screen = shown.app.screen
    assert isinstance(screen, InsidePairScreen)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_changed_digit_opens_in_both_networks(tmp_path: Path, size: tuple[int, int]) -> None:
    folder = recorded_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder), size) as shown:
        screen = await compare(shown, folder.path)
        comparison, digits, position = screen.pair_inside or (None, (), 0)
        assert comparison
        await shown.press("i")
        pair = pair_of(shown)
        await shown.shows(f"#{digits[position].index}")
        assert pair.inside
        view = pair.inside.view
        assert view
        assert view.other
        assert view.names == ("recorded epoch 1", "recorded")
        await shown.press("right", "tab", "v", "escape")
        await shown.until(lambda: shown.app.screen is screen, "the comparison is back")


async def test_the_digit_under_the_cursor_of_the_disagreements_is_examined(tmp_path: Path) -> None:
    folder = recorded_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await compare(shown, folder.path)
        await shown.press("enter", "right")
        screen = shown.app.screen
        assert isinstance(screen, DisagreementsScreen)
        await shown.press("i")
        assert pair_of(shown).inside
        await shown.shows(f"#{screen.opinions[1].index}")
        await shown.press("escape")
        await shown.until(lambda: shown.app.screen is screen, "the digits are back")


async def test_a_cell_of_the_difference_is_examined_by_its_own_digits(tmp_path: Path) -> None:
    folder = recorded_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        screen = await compare(shown, folder.path)
        await shown.press("tab")
        matrix = shown.app.focused
        assert matrix
        matrix.cursor = (3, 3)  # type: ignore[attr-defined]
        comparison, digits, position = screen.pair_inside or (None, (), 0)
        assert comparison
        assert digits[position].true == 3
