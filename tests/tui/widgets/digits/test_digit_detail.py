"""One digit, enlarged: its size, facts and probabilities."""

import numpy as np
import pytest

from emnist_tui.analysis.neighbors import Neighbor
from emnist_tui.analysis.predictions import Mistake
from emnist_tui.tui.widgets.digits.digit_detail import DigitDetail, DigitFacts
from tests.support.digit_app import DigitApp, mistake


def is_bar(row: str) -> bool:
    return "%" in row and "margin" not in row


@pytest.mark.parametrize(
    ("size", "columns"), [((80, 29), 56), ((80, 24), 28), ((50, 20), 28), ((30, 28), 28), ((36, 14), 14), ((20, 12), 0)]
)
async def test_the_largest_digit_that_fits_is_drawn(size: tuple[int, int], columns: int) -> None:
    detail = DigitDetail()
    app = DigitApp(detail)
    async with app.run_test(size=size) as pilot:
        detail.show(mistake(0))
        await pilot.pause()
        rows = app.rows()
        assert max(row.count("@") for row in rows) == round(columns * 4 / 28)
        text = "\n".join(rows)
        assert "true 4   predicted 9" in text
        assert all(len(row) == size[0] for row in rows)
        if size[1] >= 13:
            assert [row.rstrip()[-6:].strip() for row in rows if is_bar(row)] == [
                *("0.1 %", "0.2 %", "0.3 %", "0.4 %", "10.0 %", "0.5 %", "0.5 %", "0.5 %", "0.5 %", "87.0 %")
            ]


async def test_bars_are_as_long_as_the_probabilities() -> None:
    detail = DigitDetail()
    app = DigitApp(detail)
    async with app.run_test(size=(80, 24)) as pilot:
        detail.show(mistake(0))
        await pilot.pause()
        lengths = [row.count("█") for row in app.rows() if is_bar(row)]
        width = 44 - 10
        assert lengths == [0, 0, 0, 0, round(width * 0.1), 0, 0, 0, 0, int(width * 0.87)]


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (20, 7), (300, 80)])
async def test_nan_probabilities_fill_every_row_at_any_size(size: tuple[int, int]) -> None:
    detail = DigitDetail("Choose a digit")
    app = DigitApp(detail)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert size[0] < 20 or any("Choose a digit" in row for row in app.rows())
        detail.show(Mistake(0, 4, 9, np.full(10, np.nan), np.nan, np.zeros((28, 28), np.uint8)))
        await pilot.pause()
        assert all(detail.render_line(y).cell_length == size[0] for y in range(size[1]))
        detail.show(None)
        assert size[0] < 20 or any("Choose a digit" in row for row in app.rows())


async def test_known_facts_are_shown_and_unknown_ones_omitted() -> None:
    detail = DigitDetail()
    app = DigitApp(detail)
    async with app.run_test(size=(80, 24)) as pilot:
        detail.show(mistake(0))
        await pilot.pause()
        text = "\n".join(app.rows())
        assert "#1,000  loss 2.303" in text
        assert "judged" not in text
        assert "rank" not in text
        detail.show(mistake(0), DigitFacts(rank=3, mistakes=1_234, verdict="wrong label"))
        await pilot.pause()
        text = "\n".join(app.rows())
        assert "judged wrong label" in text
        assert "rank 3 of 1,234 by loss" in text
        detail.show(mistake(0), DigitFacts(verdict=""))
        await pilot.pause()
        assert "not judged" in "\n".join(app.rows())


@pytest.mark.parametrize("size", [(80, 24), (61, 19), (120, 40)])
async def test_both_neighbors_are_shown_where_they_fit(size: tuple[int, int]) -> None:
    near = Neighbor(7, 4, 1_727.4, np.full((28, 28), 255, np.uint8))
    detail = DigitDetail()
    app = DigitApp(detail)
    async with app.run_test(size=size) as pilot:
        detail.show(mistake(0), DigitFacts(neighbors=(near, None)))
        await pilot.pause()
        text = "\n".join(app.rows())
        assert "nearest 4" in text
        assert "distance 1,727" in text
        assert "no correctly classified 9" in text or "no correct 9" in text
        assert all(detail.render_line(y).cell_length == size[0] for y in range(size[1]))


async def test_a_sentence_takes_the_place_of_missing_neighbors() -> None:
    detail = DigitDetail()
    app = DigitApp(detail)
    async with app.run_test(size=(80, 24)) as pilot:
        detail.show(mistake(0), DigitFacts(sentence="searching for neighbors …"))
        await pilot.pause()
        assert "searching for neighbors …" in "\n".join(app.rows())
