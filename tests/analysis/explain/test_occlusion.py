import numpy as np
import pytest

from emnist_tui.analysis.explain.occlusion import logits_of, occlude
from tests.support.explained_networks import baseline, digit

LOGITS = logits_of(baseline())


@pytest.mark.parametrize(("size", "cover"), [(5, 0), (3, 255), (1, 0)])
def test_the_change_is_that_of_the_covered_digit(size: int, cover: int) -> None:
    found = occlude(LOGITS, digit(), 3, 5, size=size, cover=cover)
    assert found is not None
    plain = LOGITS(digit()[None])[0]
    assert found.margin == pytest.approx(plain[3] - plain[5])
    for row, column in [(0, 0), (13, 11), (27, 20)]:
        covered, reach = digit().copy(), size // 2
        covered[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1] = cover
        logits = LOGITS(covered[None])[0]
        change = logits[3] - logits[5] - found.margin
        assert found.change[row, column] == pytest.approx(change, abs=1e-5)
        assert found.predicted[row, column] == logits.argmax()


def test_covering_paper_with_paper_changes_nothing() -> None:
    found = occlude(LOGITS, digit() * np.uint8(0), 3, 5)
    assert found is not None
    np.testing.assert_allclose(found.change, 0, atol=1e-6)


def test_progress_reaches_the_total() -> None:
    reported: list[tuple[int, int]] = []
    occlude(LOGITS, digit(), 3, 5, on_progress=lambda done, total: reported.append((done, total)))
    assert reported[-1] == (784, 784)
    assert reported == sorted(reported)


def test_a_stopped_search_has_no_result() -> None:
    calls: list[int] = []

    def is_stopped() -> bool:
        calls.append(0)
        return len(calls) > 2

    assert occlude(LOGITS, digit(), 3, 5, is_stopped=is_stopped) is None
    assert len(calls) == 3
