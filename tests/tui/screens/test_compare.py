"""The comparison of two evaluations."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.disagreements import Disagreements
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.screens.choose_data import ChooseDataDialog
from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.screens.confusion import ConfusionScreen
from emnist_tui.tui.screens.runs import RunsScreen
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.comparison_facts import ImageSet, SetList
from emnist_tui.tui.widgets.matrix.difference_matrix import DifferenceMatrix
from tests.support.comparisons import EXPECTED, A, B, disagreements_screen, open_comparison, two_runs
from tests.support.scripted_runs import evaluation, write_run
from tests.support.terminal import terminal

SIZES = [(20, 5), (60, 20), (80, 24), (100, 30), (120, 40), (200, 60)]


async def test_the_facts_are_those_of_the_comparison(tmp_path: Path) -> None:
    async with terminal(two_runs(tmp_path), size=(120, 40)) as shown:
        await open_comparison(shown)
        for letter, name, side in (("A", "before", A), ("B", "after", B)):
            low, high = side.accuracy_interval
            line = next(line for line in shown.text.split("\n") if f"{letter}  {name}" in line)
            assert f"{side.accuracy * 100:.2f} %  (95 %: {low * 100:.2f}–{high * 100:.2f} %)" in line
        await shown.shows(f"{EXPECTED.accuracy_change * 100:+.2f} points", f"p = {EXPECTED.p_value:.3g}")
        await shown.shows("synthetic digits, test, 500 images")
        for words, indices in (
            ("fixed: A wrong, B right", EXPECTED.fixed),
            ("broken: A right, B wrong", EXPECTED.broken),
            ("both wrong ", EXPECTED.both_wrong),
            ("both wrong, different answers", EXPECTED.both_wrong_differently),
        ):
            line = next(line for line in shown.text.split("\n") if words in line)
            assert line.rstrip("│ ").endswith(f" {len(indices)}")


async def test_the_matrix_and_classes_show_the_differences(tmp_path: Path) -> None:
    async with terminal(two_runs(tmp_path), size=(120, 40)) as shown:
        await open_comparison(shown)
        lines = shown.text.split("\n")
        for row, counts in zip(EXPECTED.per_class, EXPECTED.difference.tolist(), strict=True):
            words = [str(row["class"]), *(f"{count:+d}" if count else "·" for count in counts)]
            assert any(line.split("│")[1].split() == words for line in lines if line.count("│") > 1)
            shares = [f"{row[key] * 100:.2f}" for key in ("recall_a", "recall_b")]
            change = f"{row['change'] * 100:+.2f}" if row["change"] else "·"
            words = [str(row["class"]), *shares, change, str(row["fixed"]), str(row["broken"])]
            assert any(line.split("│")[-2].split() == words for line in lines if line.count("│") > 1)


async def test_the_run_marked_first_is_a(tmp_path: Path) -> None:
    async with terminal(two_runs(tmp_path)) as shown:
        await shown.press("4", "m", "down", "m", "c")
        await shown.shows("A  after", "B  before", f"{-EXPECTED.accuracy_change * 100:+.2f} points")


async def test_enter_on_a_set_opens_exactly_its_digits(tmp_path: Path) -> None:
    async with terminal(two_runs(tmp_path), size=(120, 40)) as shown:
        await open_comparison(shown)
        for position, images in enumerate(ImageSet):
            expected = images.of(EXPECTED)
            shown.app.screen.query_one(SetList).highlighted = position
            await shown.press("enter")
            await shown.shows(f"1 of {len(expected)} · {images.description}")
            digits = disagreements_screen(shown)
            assert sorted(digits.opinions.indices) == expected.tolist()
            await shown.press("right", "right")
            await shown.shows(f"3 of {len(expected)}")
            await shown.press("escape")
            await shown.until(lambda: isinstance(shown.app.screen, CompareScreen), "back at the comparison")
        await shown.press("escape")
        await shown.until(lambda: isinstance(shown.app.screen, RunsScreen), "back at the runs")


async def test_enter_on_a_cell_opens_exactly_the_moved_images(tmp_path: Path) -> None:
    largest = divmod(int(np.abs(EXPECTED.difference * ~np.eye(10, dtype=bool)).argmax()), 10)
    async with terminal(two_runs(tmp_path), size=(120, 40)) as shown:
        await open_comparison(shown)
        matrix = shown.app.screen.query_one(DifferenceMatrix)
        assert matrix.cursor == largest
        for true, predicted in (matrix.cursor, (4, 4)):
            matrix.cursor = (true, predicted)
            expected = [
                index
                for index in range(A.images)
                if A.true[index] == true and (A.predicted[index] == predicted) != (B.predicted[index] == predicted)
            ]
            assert expected
            matrix.focus()
            await shown.press("enter")
            await shown.shows(f"1 of {len(expected)}")
            assert sorted(disagreements_screen(shown).opinions.indices) == expected
            await shown.press("escape")


async def test_the_same_evaluation_twice_has_no_differences(tmp_path: Path) -> None:
    async with terminal(two_runs(tmp_path, A), size=(120, 40)) as shown:
        await open_comparison(shown)
        await shown.shows("B − A  0 points", "A and B misclassify the same images")
        assert not any(
            sign in line.split("│")[1] for line in shown.text.split("\n")[6:] for sign in "+-" if "│" in line
        )
        await shown.press("enter")
        await shown.until(lambda: shown.notices, "a message is shown")
        assert "No image" in shown.notices[0]
        assert isinstance(shown.app.screen, CompareScreen)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (evaluation(400), "not of the same data"),
        (replace(B, split="validation"), "of the test split and the other of the"),
    ],
)
async def test_incomparable_evaluations_are_asked_about(tmp_path: Path, other: Evaluation, words: str) -> None:
    async with terminal(two_runs(tmp_path, other)) as shown:
        await shown.press("4", "down", "m", "up", "m", "c")
        await shown.until(lambda: isinstance(shown.app.screen, ChooseDataDialog), "the question is asked")
        await shown.says(words)
        await shown.press("escape")
        await shown.until(lambda: isinstance(shown.app.screen, RunsScreen), "the list is shown")


async def test_an_unreadable_evaluation_is_reported_on_the_list(tmp_path: Path) -> None:
    root = two_runs(tmp_path)
    (root / "after" / "evaluation-epoch-003.npz").write_bytes(b"nonsense")
    async with terminal(root) as shown:
        await shown.press("4", "down", "m", "up", "m", "c")
        await shown.until(lambda: shown.notices, "a message is shown")
        assert "not a readable evaluation" in shown.notices[0]
        assert isinstance(shown.app.screen, RunsScreen)


async def test_brackets_and_braces_change_the_epoch_of_either_side(tmp_path: Path) -> None:
    async with terminal(two_runs(tmp_path), size=(120, 40)) as shown:
        await open_comparison(shown)
        await shown.press("[")
        await shown.shows("before epoch 2", f"{evaluation(seed=2).accuracy * 100:.2f} %")
        await shown.press("{", "{", "{", "]")
        await shown.shows("after epoch 1")
        await shown.hides("before epoch")
        expected = Comparison(A, evaluation(seed=1))
        line = next(line for line in shown.text.split("\n") if "fixed: A wrong" in line)
        assert line.rstrip("│ ").endswith(f" {len(expected.fixed)}")


def test_a_run_can_be_compared_with_its_own_earlier_epoch(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "run")
    past, newest = ComparisonSide(folder.path, -2), ComparisonSide(folder.path)
    assert (past.name, newest.name) == ("run epoch 1", "run")
    assert past.evaluation
    assert np.array_equal(past.evaluation.logits, evaluation(seed=1).logits)


@pytest.mark.slow
@pytest.mark.parametrize(("no_color", "sizes"), [(False, SIZES), (True, [(80, 24)])])
async def test_the_comparison_fits_every_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_color: bool, sizes: list[tuple[int, int]]
) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    async with terminal(two_runs(tmp_path)) as shown:
        await open_comparison(shown)
        for width, height in sizes:
            await shown.pilot.resize_terminal(width, height)
            await shown.settle()
            if width < 60:
                assert "emnist-tui needs" in shown.text
                continue
            assert "95 %:" in shown.text
            assert f"both wrong{' ' * 4}" in shown.text
            assert "B − A · blue" in shown.text
            if height >= 24:
                matrix = shown.app.screen.query_one(DifferenceMatrix)
                assert matrix.virtual_size.height <= matrix.size.height
                assert matrix.virtual_size.width <= matrix.size.width
        await shown.press("enter")
        for width, height in sizes:
            await shown.pilot.resize_terminal(width, height)
            await shown.settle()
            if width >= 60:
                await shown.shows(f"1 of {len(EXPECTED.fixed)} · fixed", "A before", "B after", " %")


async def test_a_large_window_shows_the_images_of_the_chosen_set(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder), (200, 60)) as shown:
        await shown.app.push_screen(CompareScreen(ComparisonSide(folder.path, -1), ComparisonSide(folder.path)))
        comparison = Comparison(evaluation(seed=2), evaluation(seed=3))
        for images in ImageSet:
            await shown.shows(f"─ {images.description} ─")
            first = Disagreements(comparison, images.of(comparison))[0]
            await shown.shows(f"#{first.index} {first.true}→{first.predicted}")
            await shown.press("down")
        await shown.resize(120, 40)
        assert not shown.app.screen.query_one("#changed").display


@pytest.mark.parametrize("deeper", [(), ("enter",)])
async def test_a_comparison_of_epochs_closes_once_another_run_is_opened(
    tmp_path: Path, deeper: tuple[str, ...]
) -> None:
    root = two_runs(tmp_path)
    async with terminal(root, RunSession(RunFolder(root / "before"))) as shown:
        await shown.press("2", "c")
        await shown.until(lambda: isinstance(shown.app.screen, CompareScreen), "the comparison is open")
        await shown.shows("B − A")
        await shown.press(*deeper)
        shown.app.open_path(root / "after")
        await shown.press("2")
        await shown.until(lambda: isinstance(shown.app.screen, ConfusionScreen), "the comparison is closed")
        await shown.shows("after", "Confusion · epoch 3 of 3")


async def test_a_comparison_of_marked_runs_stays_when_another_run_is_opened(tmp_path: Path) -> None:
    root = two_runs(tmp_path)
    async with terminal(root) as shown:
        screen = await open_comparison(shown)
        shown.app.open_path(root / "after")
        await shown.press("4")
        assert shown.app.screen is screen
