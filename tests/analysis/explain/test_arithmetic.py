import numpy as np

from emnist_tui.analysis.explain.arithmetic import Arithmetic, Kind, Terms
from emnist_tui.analysis.explain.cells import Cell


def test_a_displayed_sum_closes() -> None:
    terms = Terms("n0", np.zeros((3, 1), np.intp), np.full(3, 1 / 3), np.asarray([1.0, 2.0, 0.0]))
    found = Arithmetic(Cell("n1", (0,)), "linear", Kind.SUM, 1.0 + 1 / 7, (terms,), 1 / 7)
    displayed = found.displayed()
    assert found.total == found.value
    assert displayed.total == 1.1429
    assert displayed.products[0].tolist() == [0.3333, 0.6667, 0]
    assert displayed.bias == 0.1429


def test_padding_is_not_inside() -> None:
    terms = Terms("n0", np.asarray([[0, 1], [-1, -1]]), np.zeros(2), np.ones(2))
    assert terms.inside.tolist() == [True, False]
