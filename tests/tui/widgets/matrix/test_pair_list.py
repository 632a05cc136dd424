"""List of the most confused pairs: their lines, their order and Enter."""

import numpy as np
import pytest

from emnist_tui.analysis.metrics import ConfusedPair
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.tui.widgets.matrix.pair_list import PairList
from tests.support.scripted_runs import evaluation
from tests.support.widget_app import WidgetApp

EVALUATION = evaluation()


class PairApp(WidgetApp):
    """A list of pairs that records the chosen ones."""

    def __init__(self) -> None:
        self.pairs = PairList()
        self.chosen: list[ConfusedPair] = []
        super().__init__(self.pairs)

    def on_pair_list_pair_chosen(self, message: PairList.PairChosen) -> None:
        self.chosen.append(message.pair)


@pytest.mark.parametrize(("width", "form"), [(42, "{} predicted as {}"), (30, "{}→{}")])
async def test_every_line_has_both_directions_and_fits(width: int, form: str) -> None:
    app = PairApp()
    async with app.run_test(size=(width, 12)) as pilot:
        app.pairs.show(EVALUATION)
        await pilot.pause()
        for line, pair in zip(app.lines[1:-1], EVALUATION.most_confused(10), strict=True):
            assert line.startswith(form.format(pair.true, pair.predicted))
            reverse = EVALUATION.confusion[pair.predicted, pair.true]
            assert line.rstrip("▁▂▃▄▅▆▇█▊ ").endswith(f" {reverse}")
            assert f" {pair.count} " in line


async def test_enter_chooses_the_pair_under_the_cursor() -> None:
    app = PairApp()
    async with app.run_test(size=(42, 12)) as pilot:
        app.pairs.show(EVALUATION)
        app.pairs.focus()
        await pilot.press("home", "down", "enter")
        assert app.chosen == [EVALUATION.most_confused(2)[1]]


async def test_a_perfect_evaluation_has_nothing_to_choose() -> None:
    true = np.arange(20) % 10
    perfect = Evaluation("bars", "test", true, np.eye(10, dtype=np.float32)[true], np.zeros((0, 28, 28), np.uint8))
    app = PairApp()
    async with app.run_test(size=(42, 12)) as pilot:
        app.pairs.show(perfect)
        app.pairs.focus()
        await pilot.press("home", "enter")
        assert "no mistakes" in app.text
        assert app.chosen == []
