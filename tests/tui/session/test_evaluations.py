"""The evaluations of a run and the selected one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.runs.events import Evaluated
from emnist_tui.tui.session import evaluations as evaluations_module
from emnist_tui.tui.session.evaluations import Evaluations
from tests.support.scripted_runs import evaluation


def saved(folder: Path, epoch: int, split: str = "test") -> Evaluated:
    stored = evaluation(seed=epoch)
    stored.save(folder / f"{split}-{epoch}.npz")
    return Evaluated(
        split=split,
        epoch=epoch,
        step=100 * epoch,
        loss=stored.loss,
        accuracy=stored.accuracy,
        images=stored.images,
        file=f"{split}-{epoch}.npz",
    )


@pytest.fixture
def three(tmp_path: Path) -> Evaluations:
    evaluations = Evaluations(tmp_path)
    evaluations.take([saved(tmp_path, epoch) for epoch in (1, 2, 3)])
    return evaluations


def test_without_an_evaluation_nothing_is_selected(tmp_path: Path) -> None:
    evaluations = Evaluations(tmp_path)
    assert (len(evaluations), evaluations.last_epoch) == (0, 0)
    assert (evaluations.event, evaluations.current, evaluations.problem) == (None, None, None)
    assert evaluations.recalls().shape == (0, 10)


def test_the_newest_is_selected_until_another_is(three: Evaluations, tmp_path: Path) -> None:
    events = [saved(tmp_path, epoch) for epoch in (1, 2, 3, 4)]
    three.take(events)
    assert three.position == 3
    three.move(-2)
    assert three.event == events[1]
    three.take([*events, saved(tmp_path, 5)])
    assert three.event == events[1]
    three.move(99)
    three.take([*events, saved(tmp_path, 5), saved(tmp_path, 6)])
    assert three.position == 5
    three.move(-99)
    assert three.position == 0


def test_an_evaluation_within_an_epoch_is_named_by_its_step(three: Evaluations, tmp_path: Path) -> None:
    assert three.event
    assert three.describe(three.event) == "epoch 3"
    within = replace(saved(tmp_path, 4), epoch=0, step=6166)
    assert three.describe(within) == "step 6,166"
    assert three.describe(replace(within, step=0)) == ""
    assert three.join(within, tmp_path)
    assert three.last_epoch == 3


def test_test_evaluations_replace_those_on_the_validation_split(tmp_path: Path) -> None:
    evaluations = Evaluations(tmp_path)
    validated, tested = saved(tmp_path, 1, "validation"), saved(tmp_path, 3)
    evaluations.take([validated])
    assert evaluations.event == validated
    evaluations.take([validated, tested])
    assert len(evaluations) == 1
    assert evaluations.event == tested


def test_a_file_is_read_once_and_its_recall_kept(three: Evaluations, tmp_path: Path) -> None:
    current = three.current
    assert current is not None
    recalls = three.recalls()
    np.testing.assert_allclose(recalls[2], current.normalized_by_true().diagonal())
    for path in tmp_path.iterdir():
        path.unlink()
    assert three.current is current
    np.testing.assert_array_equal(three.recalls(), recalls)


def test_an_unreadable_file_is_a_problem_and_a_gap(three: Evaluations, tmp_path: Path) -> None:
    (tmp_path / "test-3.npz").write_bytes(b"damaged")
    assert three.current is None
    assert three.problem
    assert np.isnan(three.recalls()[2]).all()
    three.move(-1)
    assert three.current is not None
    assert three.problem is None


def test_a_bounded_number_of_evaluations_is_in_memory(
    three: Evaluations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluations_module, "_KEPT", 1)
    newest = three.current
    three.move(-1)
    assert three.current is not None
    three.move(1)
    assert three.current is not newest


def test_a_path_in_an_event_does_not_leave_the_folder(tmp_path: Path) -> None:
    event = saved(tmp_path, 1)
    event = replace(event, file="../../elsewhere/test-1.npz")
    assert Evaluations(tmp_path).path(event) == tmp_path / "test-1.npz"


def remove(folder: Path, *epochs: int) -> None:
    for epoch in epochs:
        (folder / f"test-{epoch}.npz").unlink()


def test_removed_evaluations_are_skipped(tmp_path: Path) -> None:
    evaluations = Evaluations(tmp_path)
    evaluations.take([saved(tmp_path, epoch) for epoch in range(1, 9)])
    remove(tmp_path, 1, 2, 4, 5, 6)
    assert (len(evaluations), evaluations.last_epoch) == (3, 8)
    reached = []
    for by in (-1, -1, -1, 1, 1, 1):
        evaluations.move(by)
        assert evaluations.event is not None
        reached.append((evaluations.event.epoch, evaluations.places_behind, evaluations.is_newest))
        assert evaluations.current is not None
    assert reached == [(7, 1, False), (3, 2, False), (3, 2, False), (7, 1, False), (8, 0, True), (8, 0, True)]


def test_it_is_known_that_earlier_ones_were_removed(tmp_path: Path) -> None:
    evaluations = Evaluations(tmp_path)
    evaluations.take([saved(tmp_path, epoch) for epoch in (1, 2, 3)])
    assert not evaluations.has_removed_before
    remove(tmp_path, 1)
    evaluations.move(-99)
    assert evaluations.has_removed_before
    assert np.isnan(evaluations.recalls()[0]).all()
    assert np.isfinite(evaluations.recalls()[1:]).all()


def test_the_selected_evaluation_stays_when_its_file_is_removed(tmp_path: Path) -> None:
    evaluations = Evaluations(tmp_path)
    events = [saved(tmp_path, epoch) for epoch in (1, 2)]
    evaluations.take(events)
    evaluations.move(-1)
    shown = evaluations.current
    remove(tmp_path, 1)
    for epoch in range(3, 30):
        events.append(saved(tmp_path, epoch))
        evaluations.take(events)
        assert evaluations.current is shown
        evaluations.recalls()
    assert evaluations.problem is None
