"""Screen 3: the misclassified digits, filtered, sorted and drawn in two styles."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from textual.widgets import Input

from emnist_tui.analysis.predictions import Evaluation, Mistake
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.session.error_review import ErrorFilter
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.digits.digit_detail import DigitDetail
from emnist_tui.tui.widgets.digits.digit_grid import DigitGrid
from emnist_tui.tui.widgets.digits.digit_widget import DigitStyle
from tests.support.scripted_runs import epoch_events, evaluation, write_run
from tests.support.terminal import Terminal, live_run, terminal

LAST = evaluation(seed=3)
"""What a scripted run of three epochs ends with."""


def shown_mistakes(shown: Terminal) -> list[Mistake]:
    return list(shown.app.screen.query_one(DigitGrid)._mistakes)


def cells(shown: Terminal) -> list[tuple[int, int]]:
    return [(mistake.true, mistake.predicted) for mistake in shown_mistakes(shown)]


async def filter_by(shown: Terminal, text: str) -> None:
    await shown.press("slash")
    await shown.until(lambda: isinstance(shown.app.focused, Input), "the filter can be written")
    box = shown.app.screen.query_one("#filter", Input)
    box.value = ""
    await shown.write(text)
    assert box.value == text
    await shown.press("enter")


def cell(true: int | None, predicted: int | None) -> list[tuple[int, int]]:
    return [(mistake.true, mistake.predicted) for mistake in LAST.mistakes(true, predicted)]


async def test_all_mistakes_worst_first(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("3")
        await shown.shows(f"1 of {len(LAST.wrong)}", "all mistakes · by loss, worst first")
        losses = [mistake.loss for mistake in shown_mistakes(shown)]
        assert losses == sorted(losses, reverse=True)
        first = LAST.mistakes()[0]
        assert f"true {first.true}   predicted {first.predicted}" in shown.text
        assert f"#{first.index}  loss {first.loss:.3f}" in shown.text


async def test_the_digit_under_the_cursor_is_the_one_in_large(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.press("3", "right", "right")
        third = LAST.mistakes()[2]
        await shown.shows("3 of", f"#{third.index}  loss {third.loss:.3f}")
        await shown.press("end")
        last = LAST.mistakes()[-1]
        await shown.shows(f"{len(LAST.wrong)} of {len(LAST.wrong)}", f"#{last.index}  loss {last.loss:.3f}")


FILTERS: dict[str, tuple[int | None, int | None]] = {
    "4>7": (4, 7),
    "4>": (4, None),
    "4": (4, None),
    ">9": (None, 9),
    "4→7": (4, 7),
    " 4 > 7 ": (4, 7),
    "": (None, None),
}


async def test_a_filter_shows_only_its_cells(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path))
    async with terminal(tmp_path, opened) as shown:
        await shown.press("3")
        for text, (true, predicted) in FILTERS.items():
            await filter_by(shown, text)
            await shown.until(lambda: not shown.app.screen.query_one("#filter").display, "the filter is closed")
            assert (opened.review.filter.true, opened.review.filter.predicted) == (true, predicted)
            assert cells(shown) == cell(true, predicted) != []
            assert isinstance(shown.app.focused, DigitGrid)


async def test_a_filter_that_is_none_is_refused_with_a_message(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path))
    async with terminal(tmp_path, opened) as shown:
        await shown.press("3")
        for text in ("49", "4>10", "x", "-1>2", "٤>٩"):
            shown.app.clear_notifications()
            await filter_by(shown, text)
            await shown.until(lambda: shown.notices, f"{text} is refused")
            assert shown.notices == ["Write 4>9, 4> or >9: the true digit, then the predicted one."]
            assert opened.review.filter == ErrorFilter()
            assert isinstance(shown.app.focused, Input)
            await shown.press("escape")


async def test_escape_clears_the_filter(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path))
    async with terminal(tmp_path, opened) as shown:
        await shown.press("3")
        await filter_by(shown, "4>")
        await shown.shows("esc shows all")
        await shown.press("escape")
        await shown.shows("all mistakes")
        assert opened.review.filter == ErrorFilter()
        assert len(cells(shown)) == len(LAST.wrong)


async def test_escape_closes_the_filter_box(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("3", "slash")
        await shown.until(lambda: isinstance(shown.app.focused, Input), "the filter can be written")
        await shown.press("escape")
        await shown.until(lambda: isinstance(shown.app.focused, DigitGrid), "the digits have the focus again")
        assert not shown.app.screen.query_one("#filter").display


async def test_the_filter_is_kept_while_other_screens_are_shown(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("3")
        await filter_by(shown, "4>")
        await shown.press("1", "3")
        await shown.shows(" · true 4 · by loss")


def indices(mistakes: Sequence[Mistake]) -> list[int]:
    return [mistake.index for mistake in mistakes]


async def test_o_goes_through_every_order_and_begins_anew(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("3")
        measures: list[tuple[str, Callable[[Mistake], float]]] = [
            ("by loss, worst first", lambda mistake: -mistake.loss),
            ("by confidence, worst first", lambda mistake: -mistake.confidence),
            ("by margin, worst first", lambda mistake: -mistake.margin),
            ("by index", lambda mistake: mistake.index),
            ("by loss, worst first", lambda mistake: -mistake.loss),
        ]
        seen = set()
        for words, measure in measures:
            await shown.shows(f"all mistakes · {words}")
            mistakes = shown_mistakes(shown)
            assert [measure(mistake) for mistake in mistakes] == sorted(map(measure, mistakes))
            assert len(mistakes) == len(LAST.wrong)
            seen.add(tuple(indices(mistakes)))
            await shown.press("o")
        assert len(seen) == 4


def surer(folder: RunFolder) -> Evaluation:
    """The last evaluation of the run, in its place, of a network that is surer of its answers."""
    path = folder.path / "evaluation-epoch-003.npz"
    found = replace(LAST, logits=LAST.logits * np.float32(3))
    found.save(path)
    return found


async def test_filters_combine_and_escape_clears_them_all(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    last = surer(folder)
    opened = RunSession(folder)
    async with terminal(tmp_path, opened, (120, 40)) as shown:
        await shown.press("3", "h")
        confident = [mistake for mistake in last.mistakes() if mistake.confidence >= 0.9]
        assert 0 < len(confident) < len(LAST.wrong)
        await shown.shows(f"1 of {len(confident)} · confident mistakes (≥ 90 %) · by loss")
        assert indices(shown_mistakes(shown)) == indices(confident)
        worst = confident[0]
        await shown.press("w", "j")
        await shown.shows("confident mistakes (≥ 90 %) · not judged · by loss")
        assert indices(shown_mistakes(shown)) == indices(confident[1:])
        second = confident[1]
        await filter_by(shown, f"{second.true}>{second.predicted}")
        await shown.shows(
            f"true {second.true}, predicted {second.predicted} · confident mistakes (≥ 90 %) · not judged"
        )
        expected = [m for m in confident[1:] if (m.true, m.predicted) == (second.true, second.predicted)]
        assert indices(shown_mistakes(shown)) == indices(expected)
        await shown.press("escape")
        await shown.shows(f"1 of {len(LAST.wrong)} · all mistakes · by loss")
        assert opened.review.filter == ErrorFilter()
        assert worst.index in indices(shown_mistakes(shown))


async def test_filters_are_switched_off_by_their_own_keys(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path))
    async with terminal(tmp_path, opened) as shown:
        await shown.press("3", "h", "j")
        assert opened.review.filter == ErrorFilter(confident=True, unjudged=True)
        await shown.press("h", "j")
        assert opened.review.filter == ErrorFilter()
        await shown.shows("all mistakes")


async def test_every_filter_is_named_at_60_by_20(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (60, 20)) as shown:
        await shown.press("3", "h", "j")
        await filter_by(shown, "4>7")
        await shown.shows("4>7 · confident · not judged · esc shows all")


async def test_g_switches_how_digits_are_drawn(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("3")
        widgets = [shown.app.screen.query_one(DigitGrid), shown.app.screen.query_one(DigitDetail)]
        for style in (DigitStyle.HALF_BLOCK, DigitStyle.ASCII):
            await shown.press("g")
            assert [widget.style for widget in widgets] == [style, style]


async def test_without_an_evaluation_there_is_nothing_to_filter(tmp_path: Path) -> None:
    with live_run(tmp_path, epochs=0) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("3")
            assert shown.keys["slash"] == ("filter", False)
            assert shown.keys["o"] == ("sort", False)
            await shown.press("slash")
            assert not shown.app.screen.query_one("#filter").display
            await shown.shows("end of each epoch")


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_the_line_above_the_digits_is_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), size) as shown:
        await shown.press("3")
        await shown.shows("all mistakes · by loss, worst first")
        await filter_by(shown, "4>7")
        await shown.shows("true 4, predicted 7 · by loss", "esc shows all")


async def test_a_digit_of_the_grid_has_its_whole_frame_at_60_by_20(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (60, 20)) as shown:
        await shown.press("3")
        for corner in "╭╮╰╯":
            assert corner in shown.text


async def test_keys_work_again_after_the_terminal_was_too_small(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("3")
        for size in ((20, 5), (80, 24)):
            await shown.pilot.resize_terminal(*size)
            await shown.settle()
        await shown.press("right")
        await shown.shows(f"2 of {len(LAST.wrong)}")


async def test_a_new_evaluation_keeps_filter_and_order(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("3", "o")
            await filter_by(shown, "4>")
            for event in epoch_events(folder, 2):
                log.write(event)
            second = evaluation(seed=2).mistakes(4, None, "confidence")
            await shown.until(
                lambda: [m.index for m in shown_mistakes(shown)] == [m.index for m in second], "the new ones are shown"
            )
            await shown.shows(" · true 4 · by confidence")


async def test_the_filter_field_moves_nothing_sideways(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("3")
        await shown.shows("rank 1 of")
        await shown.press("slash")
        await shown.until(lambda: shown.app.screen.query_one("#filter").display, "the filter is open")
        await shown.settle()
        assert shown.app.screen.query_one(DigitDetail).region.right == 80
        assert any(line.startswith("╭──────────────╮") for line in shown.text.split("\n"))
