"""Screen 3, Errors: filtering, sorting and drawing the misclassified digits."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from textual.widgets import Input

from emnist_tui.analysis.predictions import Evaluation, Mistake
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.screens.errors import parse_filter
from emnist_tui.tui.session.error_review import ErrorFilter
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.settings import DigitStyle
from emnist_tui.tui.widgets.digits.digit_detail import DigitDetail
from emnist_tui.tui.widgets.digits.digit_grid import DigitGrid
from tests.support.scripted_runs import epoch_events, evaluation, write_run
from tests.support.terminal import Terminal, live_run, terminal

LAST = evaluation(seed=3)
"""Last evaluation of a scripted run of three epochs."""


def shown_mistakes(shown: Terminal) -> list[Mistake]:
    return list(shown.app.screen.query_one(DigitGrid)._mistakes)


def cells(shown: Terminal) -> list[tuple[int, int]]:
    return [(mistake.true, mistake.predicted) for mistake in shown_mistakes(shown)]


async def filter_by(shown: Terminal, text: str) -> None:
    await shown.press("slash")
    await shown.until(lambda: isinstance(shown.app.focused, Input), "the filter field has the focus")
    shown.app.screen.query_one("#filter", Input).value = text
    await shown.press("enter")


def cell(true: int | None, predicted: int | None) -> list[tuple[int, int]]:
    return [(mistake.true, mistake.predicted) for mistake in LAST.mistakes(true, predicted)]


async def test_all_mistakes_are_listed_worst_first(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("3")
        await shown.shows(f"1 of {len(LAST.wrong)}", "all mistakes · by loss, worst first")
        losses = [mistake.loss for mistake in shown_mistakes(shown)]
        assert losses == sorted(losses, reverse=True)
        first = LAST.mistakes()[0]
        assert f"true {first.true}   predicted {first.predicted}" in shown.text
        assert f"#{first.index}  loss {first.loss:.3f}" in shown.text


async def test_the_digit_under_the_cursor_is_shown_large(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.press("3", "right", "right")
        third = LAST.mistakes()[2]
        await shown.shows("3 of", f"#{third.index}  loss {third.loss:.3f}")
        await shown.press("end")
        last = LAST.mistakes()[-1]
        await shown.shows(f"{len(LAST.wrong)} of {len(LAST.wrong)}", f"#{last.index}  loss {last.loss:.3f}")


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("4>7", (4, 7)),
        ("4>", (4, None)),
        ("4", (4, None)),
        (">9", (None, 9)),
        ("4→7", (4, 7)),
        (" 4 > 7 ", (4, 7)),
        ("", (None, None)),
        *((text, None) for text in ("49", "4>10", "x", "-1>2", "٤>٩")),
    ],
)
def test_filters_are_parsed(text: str, classes: tuple[int | None, int | None] | None) -> None:
    assert parse_filter(text) == classes


async def test_a_filter_shows_only_its_classes(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path))
    async with terminal(tmp_path, opened) as shown:
        await shown.press("3", "slash")
        await shown.until(lambda: isinstance(shown.app.focused, Input), "the filter field has the focus")
        await shown.write("4>7")
        await shown.press("enter")
        await shown.until(lambda: not shown.app.screen.query_one("#filter").display, "the filter field is closed")
        assert isinstance(shown.app.focused, DigitGrid)
        assert opened.review.filter == ErrorFilter(4, 7)
        assert cells(shown) == cell(4, 7) != []
        for text, true, predicted in ((">9", None, 9), ("", None, None)):
            await filter_by(shown, text)
            await shown.until(lambda: not shown.app.screen.query_one("#filter").display, "the filter field is closed")
            assert cells(shown) == cell(true, predicted) != []


async def test_an_invalid_filter_is_refused(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path))
    async with terminal(tmp_path, opened) as shown:
        await shown.press("3")
        await filter_by(shown, "49")
        await shown.until(lambda: shown.notices, "the filter is refused")
        assert shown.notices == ["Not a filter: write 4>9, 4> or >9 (true digit > predicted digit)."]
        assert opened.review.filter == ErrorFilter()
        assert isinstance(shown.app.focused, Input)


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
        await shown.until(lambda: isinstance(shown.app.focused, Input), "the filter field has the focus")
        await shown.press("escape")
        await shown.until(lambda: isinstance(shown.app.focused, DigitGrid), "the digits have the focus again")
        assert not shown.app.screen.query_one("#filter").display


async def test_the_filter_survives_a_visit_to_another_screen(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("3")
        await filter_by(shown, "4>")
        await shown.press("1", "3")
        await shown.shows(" · true 4 · by loss")


def indices(mistakes: Sequence[Mistake]) -> list[int]:
    return [mistake.index for mistake in mistakes]


async def test_o_cycles_through_every_order(tmp_path: Path) -> None:
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


def make_confident(folder: RunFolder) -> Evaluation:
    """Replace the last evaluation of the run by one of a more confident network."""
    path = folder.path / "evaluation-epoch-003.npz"
    found = replace(LAST, logits=LAST.logits * np.float32(3))
    found.save(path)
    return found


async def test_filters_combine_and_escape_clears_them_all(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    last = make_confident(folder)
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


async def test_filter_keys_toggle_their_filters(tmp_path: Path) -> None:
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


async def test_filter_and_sort_are_grayed_before_the_first_evaluation(tmp_path: Path) -> None:
    with live_run(tmp_path, epochs=0) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("3")
            assert shown.keys["slash"] == ("filter", False)
            assert shown.keys["o"] == ("sort", False)
            await shown.press("slash")
            assert not shown.app.screen.query_one("#filter").display
            await shown.shows("end of each epoch")


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_the_filter_line_is_not_cut(tmp_path: Path, size: tuple[int, int]) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), size) as shown:
        await shown.press("3")
        await shown.shows("all mistakes · by loss, worst first")
        await filter_by(shown, "4>7")
        await shown.shows("true 4, predicted 7 · by loss", "esc shows all")


async def test_a_grid_digit_has_its_whole_frame_at_60_by_20(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (60, 20)) as shown:
        await shown.press("3")
        for corner in "╭╮╰╯":
            assert corner in shown.text


async def test_keys_work_after_the_window_was_too_small(tmp_path: Path) -> None:
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
                lambda: [m.index for m in shown_mistakes(shown)] == [m.index for m in second],
                "the new mistakes are shown",
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


async def test_an_earlier_epoch_is_named(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("3")
        await shown.shows("Accuracy ")
        assert "Epoch " not in shown.text
        await shown.press("2", "[", "3")
        await shown.shows("Epoch 2 · accuracy ")
