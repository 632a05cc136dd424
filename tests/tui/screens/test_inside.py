"""Screen 5, Inside: a digit in the network of the open run, live and by keys."""

from pathlib import Path

import pytest
from textual.geometry import Region

from emnist_tui.tui.availability import explain_key
from emnist_tui.tui.screens.inside import InsideScreen
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.matrix.confusion_matrix import ConfusionMatrix
from emnist_tui.tui.widgets.network.body import NetworkBody
from emnist_tui.tui.widgets.network.view import InsideView, Shown
from tests.support.recorded_runs import recorded_run, write_newest
from tests.support.scripted_runs import evaluation, write_run
from tests.support.terminal import Terminal, live_run, opened_checkpoint, terminal

WORST = evaluation(seed=3).mistakes()[0]


def view_of(shown: Terminal) -> InsideView:
    screen = shown.app.screen
    assert isinstance(screen, InsideScreen)
    assert screen.inside
    assert screen.inside.view
    return screen.inside.view


async def test_the_first_digit_is_the_worst_mistake(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(recorded_run(tmp_path))) as shown:
        await shown.press("5")
        await shown.shows(f"#{WORST.index}", f"true {WORST.true}", "conv 1", "answer")
        assert view_of(shown).passed.image is not None


async def test_the_digit_last_looked_at_in_errors_is_examined(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(recorded_run(tmp_path))) as shown:
        await shown.press("5", "3", "right", "right", "5")
        third = evaluation(seed=3).mistakes()[2]
        await shown.shows(f"#{third.index} ")
        await shown.press("3", "right", "i")
        assert shown.app.current_mode == "inside"
        await shown.shows(f"#{evaluation(seed=3).mistakes()[3].index} ")


async def test_confusion_opens_the_worst_digit_of_its_cell_pair_or_class(tmp_path: Path) -> None:
    found = evaluation(seed=3)
    async with terminal(tmp_path, RunSession(recorded_run(tmp_path))) as shown:
        await shown.press("2")
        matrix = shown.app.screen.query_one(ConfusionMatrix)
        for true, predicted in ((4, 2), (4, 4), (4, 3)):
            matrix.cursor = (true, predicted)
            await shown.press("i")
            worst = found.mistakes(true, predicted) or found.mistakes(true)
            await shown.shows(f"#{worst[0].index} ")
            await shown.press("2")
        (pair,) = found.most_confused(1)
        await shown.press("tab", "down", "i")
        await shown.shows(f"#{found.mistakes(pair.true, pair.predicted)[0].index} ")


@pytest.mark.parametrize(("size", "last"), [((80, 24), ("i", "o")), ((120, 40), ("i",))])
async def test_from_what_is_confused_to_the_strokes_takes_at_most_five_keys(
    tmp_path: Path, size: tuple[int, int], last: tuple[str, ...]
) -> None:
    (pair,) = evaluation(seed=3).most_confused(1)
    async with terminal(tmp_path, RunSession(recorded_run(tmp_path)), size) as shown:
        await shown.press("2")
        await shown.shows("macro F1")
        keys = ("tab", "down", *last)
        await shown.press(*keys)
        await shown.until(lambda: view_of(shown).occlusion is not None, "the occlusion is computed")
        await shown.shows("hangs on", f"true {pair.true}")
        assert len(("2", *keys)) <= 5


async def test_keys_move_the_cursor_and_change_the_view(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(recorded_run(tmp_path))) as shown:
        await shown.press("5")
        before = view_of(shown).cursor
        await shown.press("right", "down", ">")
        cursor = view_of(shown).cursor
        assert (cursor.row, cursor.column) == (min(before.row + 1, 23), min(before.column + 1, 23))
        assert cursor.map != before.map
        await shown.press("comma")
        assert view_of(shown).cursor.map == before.map
        await shown.press("tab")
        assert view_of(shown).cursor.node == 2
        await shown.press("shift+tab", "shift+tab")
        assert view_of(shown).cursor.layer == len(view_of(shown).layers)
        kinds = []
        for _ in Shown:
            kinds.append(view_of(shown).shown)
            await shown.press("v")
        assert kinds == list(Shown)
        against = view_of(shown).against
        await shown.press("c")
        assert view_of(shown).against != against


async def test_enter_lists_all_terms_of_the_sum(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(recorded_run(tmp_path))) as shown:
        await shown.press("5", "enter")
        await shown.shows("conv 1 · map", "pixel", "bias", "esc close")
        await shown.press("escape")
        await shown.hides("esc close")


async def test_clicks_choose_layers_cells_and_views(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(recorded_run(tmp_path)), (120, 40)) as shown:
        await shown.press("5")
        await shown.shows("conv 2")
        await shown.click_on("conv 2")
        await shown.until(lambda: view_of(shown).cursor.layer == 1, "the second layer is chosen")
        await shown.click_on("weights  ")
        await shown.until(lambda: view_of(shown).shown is Shown.WEIGHTS, "the weights are shown")
        body = shown.app.screen.query_one(NetworkBody)
        cells = [spot for spot, _ in body._canvas.spots if spot.height > 8] if body._canvas else []
        assert cells
        spot: Region = cells[0]
        before = view_of(shown).cursor
        await shown.pilot.click(NetworkBody, offset=(spot.x + 2, spot.y + 2))
        await shown.until(lambda: view_of(shown).cursor != before, "a cell is chosen")


async def test_a_run_that_trains_is_followed(tmp_path: Path) -> None:
    with live_run(tmp_path, epochs=0) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("5")
            await shown.says("The weights appear with the first steps")
            write_newest(folder, 20)
            await shown.shows("a synthetic 2", "true 2")
            first = view_of(shown).passed
            write_newest(folder, 40)
            await shown.until(lambda: view_of(shown).passed is not first, "the newer weights are shown")


async def test_nothing_open_says_what_to_press(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("5")
        await shown.says("No run open: press n to train a network or 4 to open one.")
        assert shown.keys["v"] == ("next_shown", False)


async def test_another_run_is_examined_once_it_is_open(tmp_path: Path) -> None:
    recorded_run(tmp_path, "second")
    async with terminal(tmp_path, RunSession(recorded_run(tmp_path))) as shown:
        await shown.press("5")
        view = view_of(shown)
        shown.app.open_path(tmp_path / "second", "inside")
        await shown.until(lambda: view_of(shown) is not view, "the other network is shown")


async def test_an_index_a_split_and_a_path_are_asked_for(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(recorded_run(tmp_path))) as shown:
        await shown.press("5", "/")
        await shown.shows("train 5 of another")
        await shown.write("nowhere.png")
        await shown.press("enter")
        await shown.says("There is no file nowhere.png")
        await shown.press("escape")
        await shown.hides("There is no file")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)])
async def test_every_size_shows_digit_and_cell(tmp_path: Path, size: tuple[int, int]) -> None:
    async with terminal(tmp_path, RunSession(recorded_run(tmp_path)), size) as shown:
        await shown.press("5")
        await shown.shows(f"#{WORST.index}", "conv 1", "bias", *["leads"] * (size[0] >= 120))
        assert shown.foot.endswith("? Help q Quit")


async def test_a_run_without_weights_and_a_checkpoint_that_is_gone_say_so(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("5")
        await shown.says("weights")
        shown.app.open(opened_checkpoint(tmp_path / "elsewhere", tmp_path / "gone.pt"), "inside")
        await shown.says("gone.pt")


async def test_the_keys_of_the_replay_say_why_there_is_none(tmp_path: Path) -> None:
    async with terminal(tmp_path, opened_checkpoint(tmp_path / "elsewhere", tmp_path / "gone.pt")) as shown:
        await shown.press("5", "p")
        assert "a checkpoint has no recorded steps" in explain_key(shown.app.screen, "p")
        shown.app.open(RunSession(write_run(tmp_path)), "inside")
        await shown.until(
            lambda: "no steps are recorded yet" in explain_key(shown.app.screen, "left_square_bracket"),
            "a run without a recording says so",
        )


async def test_small_windows_show_the_answer_before_another_class(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(recorded_run(tmp_path)), (80, 24)) as shown:
        await shown.press("5")
        await shown.shows("conv 1")
        against = view_of(shown).against
        await shown.press("c")
        await shown.shows("largest", "logit")
        assert view_of(shown).against == against
        await shown.press("c")
        assert view_of(shown).against != against


async def test_the_occlusion_is_visible_where_the_steps_take_the_last_row(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(recorded_run(tmp_path)), (120, 37)) as shown:
        await shown.press("5")
        await shown.shows("conv 1")
        await shown.press("o")
        await shown.shows("hangs on")
