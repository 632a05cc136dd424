"""Story of a cell: the sums close, and every kind of operation has one."""

import re

import numpy as np
import pytest

from emnist_tui.analysis.explain.activity import measure
from emnist_tui.text import formats
from emnist_tui.tui.widgets.network.levels import LevelMemory
from emnist_tui.tui.widgets.network.story import Story, activity_here, story_of
from emnist_tui.tui.widgets.network.subject import Subject
from emnist_tui.tui.widgets.network.view import Cursor
from tests.support.inside_views import view_of
from tests.support.networks_in_numpy import accurate, compact


def story(cursor: Cursor, network: object = None, **parts: object) -> Story:
    subject = Subject(view_of(network, cursor, **parts), LevelMemory())  # type: ignore[arg-type]
    assert subject.cell is not None
    return story_of(subject, subject.cell)


@pytest.mark.parametrize("place", [(0, 0), (9, 13), (23, 23)])
def test_the_displayed_sum_closes(place: tuple[int, int]) -> None:
    told = story(Cursor(0, None, 1, *place))
    figures = {fact.label: float(fact.value) for fact in told.sums}
    assert list(figures) == ["sum of 25", "bias", "before ReLU", "after ReLU"]
    assert round(figures["sum of 25"] + figures["bias"], 4) == figures["before ReLU"]
    assert figures["after ReLU"] == max(0, figures["before ReLU"])


def test_the_pooled_cell_gradient_and_activity_are_told() -> None:
    facts = {
        fact.label: fact.value
        for fact in story(Cursor(0, None, 0, 9, 13), activity={"layers.1": [0.61, 1]}, sample=2000).facts
    }
    assert facts["pooled to"] in ("4,6 as largest", "4,6 not largest")
    assert re.fullmatch(r"[+-]?0\.\d{4}", facts["∂loss/∂cell"])
    assert facts["active, 2,000 digits"] == "61 %"


def test_a_dead_map_is_named_first() -> None:
    told = story(Cursor(0, None, 1, 9, 13), lost={"layers.1": {1: "dead"}})
    assert ("this map is", "dead") in [(fact.label, fact.value) for fact in told.facts]


def test_a_norm_has_its_own_lines_unless_it_is_folded() -> None:
    labels = [fact.label for fact in story(Cursor(0, None, 0, 5, 5), accurate()).sums]
    assert labels == ["sum of 9", "norm ×", "norm +", "after norm", "after SiLU"]
    folded = [fact.label for fact in story(Cursor(0, None, 0, 5, 5), accurate(), is_folded=True).sums]
    assert folded == ["sum of 9", "bias", "before SiLU", "after SiLU"]


@pytest.mark.parametrize("network", [accurate(), compact()])
def test_every_operation_of_every_layer_has_a_story(network: object) -> None:
    for layer, each in enumerate(view_of(network).layers):  # type: ignore[arg-type]
        for node in range(len(each.nodes)):
            told = story(Cursor(layer, node, 1, 1, 1), network)
            assert told.steps
            assert not told.sentence


def test_the_active_share_is_that_of_the_test_digits() -> None:
    subject = Subject(view_of(), LevelMemory())
    relu, sigmoid = subject.layers[0].nodes[1], subject.layers[1].nodes[1]
    values = subject.passed.values
    assert activity_here(subject.layers[0].nodes[0], values["layers.0"]) is None
    label, share = activity_here(relu, values["layers.1"][0]) or ("", "")
    assert (label, share[-2:]) == ("active here", " %")
    for node in (relu, sigmoid):
        measured = measure(subject.passed.network, np.asarray(subject.passed.image, np.uint8)[None])
        assert measured
        shares = [activity_here(node, values[node.name][number]) for number in range(2)]
        assert shares == [("active here", formats.percent(share, 0)) for share in measured.active[node.name][:2]]


def test_the_parts_of_a_residual_sum_are_told_without_products() -> None:
    told = story(Cursor(1, None, 1, 5, 5), compact())
    assert [fact.label for fact in told.sums] == ["conv 1", "conv 2", "value"]
    parts = [float(fact.value) for fact in told.sums]
    assert parts[0] + parts[1] == pytest.approx(parts[2], abs=1e-9)
    assert told.sum is None
