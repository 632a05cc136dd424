"""Screen 2, Confusion: the matrix, the metrics beside it, and opening the digits of a cell."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import RenderableType
from textual.screen import Screen
from textual.widget import Widget

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.folder import RunFolder
from emnist_tui.text.formats import percent
from emnist_tui.tui.session.error_review import ErrorFilter
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.evaluation_facts import EvaluationFacts
from emnist_tui.tui.widgets.matrix.confusion_matrix import ConfusionMatrix, Normalization
from emnist_tui.tui.widgets.matrix.pair_list import PairList
from tests.support.scripted_runs import epoch_events, evaluation, write_run
from tests.support.terminal import Terminal, live_run, terminal

LAST = evaluation(seed=3)
"""Last evaluation of a scripted run of three epochs."""


def matrix(shown: Terminal) -> ConfusionMatrix:
    return shown.app.screen.query_one(ConfusionMatrix)


def perfect() -> Evaluation:
    true = np.arange(50) % 10
    return Evaluation(
        "synthetic", "test", true, np.eye(10, dtype=np.float32)[true] * 9, np.zeros((0, 28, 28), np.uint8)
    )


def most_confused(evaluation: Evaluation, limit: int = 8) -> list[tuple[int, int, int]]:
    return [(pair.true, pair.predicted, pair.count) for pair in evaluation.most_confused(limit)]


async def test_the_facts_are_those_of_the_evaluation(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.press("2")
        await shown.shows("91.40 %", f"{LAST.loss:.3f}", "test images", "500", "epoch 3 of 3")
        low, high = LAST.accuracy_interval
        await shown.shows(f"{low * 100:.1f}–{high * 100:.1f} %", percent(LAST.macro_f1, 2))
        await shown.shows(percent(LAST.calibration_error, 2))
        for true, predicted, number in most_confused(LAST):
            back = int(LAST.confusion[predicted, true])
            assert f"{true} predicted as {predicted} {number:>5}  {predicted} as {true} {back:>4}" in shown.text


async def test_every_class_has_precision_recall_and_f1(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.press("2")
        await shown.shows("precision")
        for row in LAST.per_class():
            shares = [f"{row[name] * 100:.1f}" for name in ("precision", "recall", "f1")]
            words = [str(row["class"]), *shares, str(row["support"])]
            assert any(line.split("│")[-2].split()[:5] == words for line in shown.text.split("\n") if "│" in line)


async def test_the_mode_cycles_through_counts_recall_and_precision(tmp_path: Path) -> None:
    true, predicted, number = most_confused(LAST)[0]
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.press("2")
        for mode, share in (
            (Normalization.RECALL, number / LAST.confusion[true].sum()),
            (Normalization.PRECISION, number / LAST.confusion[:, predicted].sum()),
        ):
            await shown.press("m")
            await shown.shows(f"% · {mode}")
            assert matrix(shown)._shares(LAST.confusion)[true, predicted] == share
        await shown.press("m")
        await shown.shows("% · counts")


async def test_brackets_change_the_epoch_of_matrix_metrics_and_errors(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.press("2")
        await shown.press("[")
        second = evaluation(seed=2)
        await shown.shows("epoch 2 of 3", percent(second.accuracy, 2), percent(second.macro_f1, 2))
        await shown.press("3")
        await shown.shows(f"1 of {len(second.wrong)}")
        await shown.press("2")
        await shown.press("[", "[", "[")
        await shown.shows("epoch 1 of 3")
        await shown.press("]", "]", "]")
        await shown.shows("epoch 3 of 3", percent(LAST.accuracy, 2))


async def test_a_new_evaluation_is_followed_unless_another_was_chosen(tmp_path: Path) -> None:
    with live_run(tmp_path, epochs=2) as (folder, log):
        async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
            await shown.press("2")
            await shown.shows("epoch 2 of 2")
            await shown.press("[")
            for event in epoch_events(folder, 3):
                log.write(event)
            await shown.shows("epoch 1 of 3")
            await shown.press("]", "]")
            await shown.shows("epoch 3 of 3")


async def test_enter_on_a_confused_pair_opens_its_digits(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path))
    true, predicted, number = most_confused(LAST)[1]
    async with terminal(tmp_path, opened, (120, 40)) as shown:
        await shown.press("2", "tab", "down", "down", "enter")
        await shown.until(lambda: shown.app.current_mode == "errors", "the errors are shown")
        await shown.shows(f"1 of {number}", f"true {true}, predicted {predicted}")


async def test_one_key_compares_the_first_epoch_with_the_newest(tmp_path: Path) -> None:
    comparison = Comparison(evaluation(seed=1), LAST)
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.press("2", "c")
        await shown.shows("scripted epoch 1", "fixed: A wrong, B right", str(len(comparison.fixed)))
        await shown.press("escape")
        await shown.press("[", "c")
        await shown.shows("scripted epoch 2", str(len(Comparison(evaluation(seed=2), LAST).fixed)))


async def test_the_cursor_starts_at_the_most_confused_pair_and_is_described(tmp_path: Path) -> None:
    true, predicted, number = most_confused(LAST)[0]
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.press("2")
        assert matrix(shown).cursor == (true, predicted)
        assert number == LAST.confusion[true, predicted] > 0
        assert f"{true} predicted as {predicted}: {number} ·" in shown.text
        matrix(shown).cursor = (6, 6)
        await shown.shows("6 correct", "of all 6s", "of all predicted 6s")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (100, 30), (120, 40)])
async def test_the_description_of_a_cell_is_not_cut(tmp_path: Path, size: tuple[int, int]) -> None:
    true, predicted, number = most_confused(LAST)[0]
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), size) as shown:
        await shown.press("2")
        await shown.until(lambda: f"predicted {predicted}s ─╯" in shown.text, "the end of the description is shown")
        name = f"{true}→{predicted}" if size[0] in (60, 100) else f"{true} predicted as {predicted}"
        await shown.shows(f"─ {name}: {number} ·")


async def test_enter_opens_exactly_the_digits_of_the_cell(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path))
    async with terminal(tmp_path, opened) as shown:
        for true, predicted, number in most_confused(LAST)[:2]:
            await shown.press("2")
            matrix(shown).cursor = (true, predicted)
            await shown.press("enter")
            await shown.until(lambda: shown.app.current_mode == "errors", "the errors are shown")
            await shown.shows(f"1 of {number}", f"true {true}, predicted {predicted}")
            assert opened.review.filter == ErrorFilter(true, predicted)


async def test_enter_on_the_diagonal_opens_all_errors_of_its_digit(tmp_path: Path) -> None:
    wrong = int(LAST.confusion[4].sum() - LAST.confusion[4, 4])
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("2")
        matrix(shown).cursor = (4, 4)
        await shown.press("enter")
        await shown.until(lambda: shown.app.current_mode == "errors", "the errors are shown")
        await shown.shows(f"1 of {wrong}", f"1 of {wrong} · true 4 ·")


async def test_enter_on_an_empty_cell_shows_no_digits(tmp_path: Path) -> None:
    true, predicted = (int(index[0]) for index in np.nonzero(LAST.confusion == 0))
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("2")
        matrix(shown).cursor = (true, predicted)
        await shown.press("enter")
        await shown.until(lambda: shown.app.current_mode == "errors", "the errors are shown")
        await shown.shows("none", f"true {true}, predicted {predicted}", "esc shows all")
        await shown.press("escape")
        await shown.shows(f"1 of {len(LAST.wrong)}")


async def test_a_click_on_the_cell_under_the_cursor_opens_it(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.press("2")
        region = matrix(shown)._layout.cell_region((4, 9)).translate(matrix(shown).content_region.offset)
        for _ in range(2):
            await shown.pilot.click(offset=(region.x + 1, region.y))
        await shown.until(lambda: shown.app.current_mode == "errors", "the errors are shown")
        assert shown.app.session
        assert shown.app.session.review.filter == ErrorFilter(4, 9)


async def test_arrows_move_the_cursor_as_soon_as_the_screen_is_shown(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("2")
        matrix(shown).cursor = (3, 3)
        await shown.press("down", "right", "right")
        assert matrix(shown).cursor == (4, 5)


async def test_every_class_is_on_the_screen_at_60_by_20(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (60, 20)) as shown:
        await shown.press("2")
        widget = matrix(shown)
        assert widget.virtual_size.height <= widget.size.height
        assert widget.virtual_size.width <= widget.size.width


async def test_a_perfect_network_has_nothing_confused(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    perfect().save(folder.path / "evaluation-epoch-003.npz")
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        await shown.press("2")
        await shown.shows("no mistakes", "100.00 %")
        await shown.press("3")
        await shown.shows("none")


async def test_another_run_without_an_evaluation_empties_the_matrix(tmp_path: Path) -> None:
    with live_run(tmp_path, "young", epochs=0) as (folder, _):
        async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
            await shown.press("2")
            await shown.shows("91.40 %")
            shown.app.open(RunSession(folder), "confusion")
            await shown.hides("91.40 %")
            await shown.shows("after the first evaluation.")
            await shown.press("enter")
            assert shown.app.current_mode == "confusion"


async def test_a_new_evaluation_of_the_same_run_keeps_the_cursor(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("2")
            matrix(shown).cursor = (8, 1)
            for event in epoch_events(folder, 2):
                log.write(event)
            await shown.shows("epoch 2")
            assert matrix(shown).cursor == (8, 1)


@pytest.mark.parametrize("key", ["2", "3"])
async def test_a_checkpoint_that_failed_names_no_key_that_does_nothing(tmp_path: Path, key: str) -> None:
    output = RunFolder(tmp_path / "evaluation")
    output.path.mkdir()
    async with terminal(tmp_path, RunSession(output, checkpoint=tmp_path / "damaged.pt")) as shown:
        await shown.press(key)
        await shown.shows("This checkpoint could not")
        assert "Press e" not in shown.text
        assert "press e" not in shown.text


async def test_epochs_that_are_not_kept_are_skipped_and_said(tmp_path: Path) -> None:
    folder = write_run(tmp_path, epochs=3)
    min(folder.path.glob("evaluation-*.npz")).unlink()
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.press("2")
        await shown.shows("epoch 3 of 3")
        await shown.press("[")
        await shown.shows("epoch 2 of 3")
        await shown.press("[")
        await shown.until(lambda: shown.notices, "it is said")
        assert shown.notices == ["Earlier epochs are not kept: this run keeps its newest 10."]


async def test_the_next_evaluation_is_painted_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
            await shown.press("2")
            await shown.shows("epoch 1")
            frames = 0
            shown_at: dict[str, int] = {}

            display = shown.app._display

            def count_frames(screen: Screen[Any], update: RenderableType | None) -> None:
                nonlocal frames
                frames += 1
                display(screen, update)

            def record(part: type[Widget]) -> None:
                show = part.show  # type: ignore[attr-defined]

                def recorded(*arguments: object) -> None:
                    shown_at[part.__name__] = frames
                    show(*arguments)

                monkeypatch.setattr(part, "show", recorded)

            for part in (ConfusionMatrix, PairList, EvaluationFacts):
                record(part)
            monkeypatch.setattr(shown.app, "_display", count_frames)
            for event in epoch_events(folder, 2):
                log.write(event)
            await shown.shows("epoch 2")
            await shown.until(lambda: len(shown_at) == 3, "every part is shown")
            await shown.shows(f"{evaluation(seed=2).accuracy * 100:.2f} %")
            assert shown_at["ConfusionMatrix"] < min(shown_at["PairList"], shown_at["EvaluationFacts"])


@pytest.mark.parametrize(("is_alive", "words"), [(True, "after the first evaluation"), (False, "no confusion matrix")])
async def test_an_empty_matrix_says_whether_it_will_be_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_alive: bool, words: str
) -> None:
    monkeypatch.setattr(RunSession, "is_process_alive", is_alive)
    (tmp_path / "output").mkdir()
    session = RunSession(RunFolder(tmp_path / "output"), checkpoint=tmp_path / "net.pt")
    async with terminal(tmp_path, session) as shown:
        await shown.shows(words)
