"""Lost units of a run, folded from its events."""

import pytest

from emnist_tui.runs.event_parser import parse_event
from emnist_tui.runs.events import Evaluated
from emnist_tui.runs.record import RunRecord
from emnist_tui.runs.unit_health import LayerHealth, UnitHealth, is_notable
from tests.support.scripted_runs import batches, started, units_changed

LAYER = LayerHealth("layers.1", "ReLU", "dead", [1], of=2, unit="filter")


def test_units_keep_the_step_of_their_death_until_they_revive() -> None:
    health = UnitHealth()
    health.apply(units_changed(40, [3, 7], of=20))
    health.apply(units_changed(80, [5], of=20))
    health.apply(units_changed(80, [0], layer="fc"))
    (first, second) = health.lost
    assert (first.units, first.steps, first.of) == ([3, 5, 7], [40, 80, 40], 20)
    assert (second.layer, second.units, second.steps) == ("fc", [0], [80])
    health.apply(units_changed(120, [], [3], of=20))
    assert health.lost_in("layers.1") == {5, 7}
    assert health.lost_in("elsewhere") == health.fickle_in("elsewhere") == set()
    health.apply(units_changed(160, [], [0], layer="fc"))
    assert [layer.layer for layer in health.lost] == ["layers.1"]


def test_units_that_revived_three_times_are_fickle() -> None:
    health = UnitHealth()
    for step in range(0, 60, 10):
        assert health.fickle_in("layers.1") == set()
        health.apply(units_changed(step + 1, [0], [] if step else [1]))
        health.apply(units_changed(step + 2, [], [0]))
        if step == 20:
            break
    assert health.fickle_in("layers.1") == {0}
    health.drop_after(10)
    assert health.fickle_in("layers.1") == set()


def test_a_resumed_run_forgets_what_was_found_after_its_checkpoint() -> None:
    record = RunRecord()
    for event in (started(), units_changed(40, [0]), batches(1, 1, 80), units_changed(80, [1], [0])):
        record.apply(event)
    assert [layer.units for layer in record.units.lost] == [[1]]
    record.apply(started(resumed_at_step=60))
    assert [(layer.units, layer.steps) for layer in record.units.lost] == [([0], [40])]


def test_one_filter_of_two_is_a_notable_loss_and_a_few_of_many_are_not() -> None:
    assert is_notable([0], 2)
    assert is_notable([0], 1)
    assert not is_notable([], 1)
    assert not is_notable([0, 1, 2], 512)
    assert is_notable(range(52), 512)
    record = RunRecord()
    record.apply(units_changed(40, [3], of=100))
    assert not record.is_impaired
    record.apply(units_changed(80, [0]))
    assert record.is_impaired


def test_layers_survive_json_and_damaged_ones_are_left_out() -> None:
    assert LayerHealth.from_json({**LAYER.to_json(), "a newer key": 1}) == LAYER
    evaluated = Evaluated(
        split="test", epoch=1, step=9, loss=0.1, accuracy=0.9, images=9, file="", unit_health=[LAYER.to_json(), {}]
    )
    read = parse_event(evaluated.to_line())
    assert isinstance(read, Evaluated)
    assert LayerHealth.all_of(read) == [LAYER]


@pytest.mark.parametrize(
    "change", [{"units": ["1"]}, {"units": None}, {"units": [True]}, {"layer": 1}, {"of": "2"}, {"kind": None}]
)
def test_values_of_another_type_are_refused(change: dict[str, object]) -> None:
    assert LayerHealth.from_json({**LAYER.to_json(), **change}) is None


def test_evaluations_of_earlier_versions_have_no_layers() -> None:
    line = '{"event":"evaluated","split":"test","epoch":1,"step":9,"loss":0.1,"accuracy":0.9,"images":9,"file":""}'
    read = parse_event(line)
    assert isinstance(read, Evaluated)
    assert read.unit_health is None
    assert LayerHealth.all_of(read) == []
