"""One digit with both networks' predictions: panel, sizes and arrangement."""

import pytest

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.disagreements import Disagreements
from emnist_tui.tui.widgets.digits.disagreement_detail import DisagreementDetail
from tests.support.digit_app import DigitApp
from tests.support.scripted_runs import evaluation

COMPARISON = Comparison(evaluation(seed=3), evaluation(seed=9))
FIRST = Disagreements(COMPARISON, COMPARISON.fixed)[0]


@pytest.mark.parametrize("size", [(60, 30), (62, 18), (44, 14), (88, 40)])
async def test_both_predictions_are_shown(size: tuple[int, int]) -> None:
    detail = DisagreementDetail(("before", "after"))
    app = DigitApp(detail)
    async with app.run_test(size=size) as pilot:
        detail.show(FIRST)
        await pilot.pause()
        rows = app.rows()
        text = "\n".join(rows)
        assert f"true {FIRST.true}" in text
        for prediction in (FIRST.a, FIRST.b):
            assert f"pred. {prediction.predicted}" in text or f"predicted {prediction.predicted}" in text
            assert f"{prediction.loss:.3f}" in text
        for digit in range(10):
            pair = [f"{prediction.probabilities[digit] * 100:.1f} %" for prediction in (FIRST.a, FIRST.b)]
            assert any(row.find(pair[0]) < row.rfind(pair[1]) or pair[0] == pair[1] in row for row in rows)


async def test_wide_columns_name_networks_and_disagreement() -> None:
    detail = DisagreementDetail(("before", "after"))
    app = DigitApp(detail)
    async with app.run_test(size=(88, 40)) as pilot:
        detail.show(FIRST)
        await pilot.pause()
        text = "\n".join(app.rows())
        assert "A before" in text
        assert "B after" in text
        assert f"#{FIRST.index}  disagreement {FIRST.disagreement * 100:.1f} %" in text
        assert f"predicted {FIRST.b.predicted}" in text


async def test_names_that_do_not_fit_are_reduced_to_letters() -> None:
    detail = DisagreementDetail(("before", "a much longer name of a run"))
    app = DigitApp(detail)
    async with app.run_test(size=(62, 18)) as pilot:
        detail.show(FIRST)
        await pilot.pause()
        assert "before" not in "\n".join(app.rows())


@pytest.mark.parametrize(("size", "first_row"), [((60, 30), "@"), ((60, 15), "true")])
async def test_the_panel_is_below_the_digit_where_that_is_no_smaller(size: tuple[int, int], first_row: str) -> None:
    detail = DisagreementDetail(("A", "B"))
    app = DigitApp(detail)
    async with app.run_test(size=size) as pilot:
        detail.show(FIRST)
        await pilot.pause()
        rows = app.rows()
        panel = next(y for y, row in enumerate(rows) if f"true {FIRST.true}" in row)
        assert (panel >= 14) == (first_row == "@")


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (24, 9), (200, 60)])
async def test_every_row_is_filled_at_any_size(size: tuple[int, int]) -> None:
    detail = DisagreementDetail(("before", "after"))
    app = DigitApp(detail)
    async with app.run_test(size=size) as pilot:
        detail.show(FIRST)
        await pilot.pause()
        assert all(detail.render_line(y).cell_length == size[0] for y in range(size[1]))
