"""Steps whose weights are recorded."""

from itertools import pairwise

import pytest

from emnist_tui.runs.recorded_steps import RecordedSteps


def all_of(steps: RecordedSteps, last: int) -> list[int]:
    found = [0]
    while (following := found[-1] + steps.until_next(found[-1])) <= last:
        found.append(following)
    return found


@pytest.mark.parametrize(
    ("epochs", "steps_per_epoch"), [(3, 7500), (1, 600), (40, 1875), (2, 20), (7, 1), (290, 40), (2000, 5), (1, 300)]
)
def test_a_run_is_recorded_at_equal_distances_and_at_its_end(epochs: int, steps_per_epoch: int) -> None:
    steps = RecordedSteps.planned(epochs, steps_per_epoch, 300)
    found = all_of(steps, epochs * steps_per_epoch)
    assert len(found) <= 301
    fewest = min(300, max(64, epochs * steps_per_epoch // 32)) // 2
    assert len(found) > min(fewest, epochs * steps_per_epoch) or epochs > 300
    distances = [after - before for before, after in pairwise(found)]
    assert max(distances) - min(distances) <= 1
    if epochs <= 300:
        assert set(range(0, found[-1] + 1, steps_per_epoch)) <= set(found)
    assert [step for step in range(found[-1] + 1) if steps.includes(step)] == found


@pytest.mark.parametrize(("shorter", "longer"), [(1, 2), (3, 5), (20, 400), (2, 3), (290, 900)])
def test_the_steps_of_a_longer_run_are_among_those_of_a_shorter_one(shorter: int, longer: int) -> None:
    few, many = (RecordedSteps.planned(epochs, 1000, 300) for epochs in (longer, shorter))
    last = shorter * 1000
    assert set(all_of(few, last)) <= set(all_of(many, last))


def test_an_epoch_without_steps_is_not_recorded() -> None:
    assert RecordedSteps.planned(3, 0, 300).until_next(0) > 10**9
