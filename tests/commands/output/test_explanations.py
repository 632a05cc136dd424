"""Explanations in lines of text."""

import json
import re

import numpy as np
import pytest

from emnist_tui.analysis.explain.explanation import Explanation
from emnist_tui.analysis.explain.occlusion import logits_of
from emnist_tui.commands.output.explanations import change_art, draw, to_json
from tests.support.explained_networks import NETWORKS, digit, passed


@pytest.fixture(scope="module", params=sorted(NETWORKS))
def explanation(request: pytest.FixtureRequest) -> Explanation:
    found = passed(request.param, true=3)
    return Explanation.of(found, logits_of(found.network), found.runner_up, digit()[None])


def test_every_operation_has_a_line_that_fits(explanation: Explanation) -> None:
    lines = draw(explanation, "#1 of test")
    assert max(map(len, lines)) <= 90
    table = lines[lines.index("layers") + 2 :]
    assert len(table) == 1 + len(explanation.passed.network.graph.nodes) + 1


def test_listed_parts_add_up_as_printed(explanation: Explanation) -> None:
    text = "\n".join(draw(explanation, "#1 of test"))
    parts = re.findall(r"^(?:map \d+|unit \d+|\d+ more (?:map|unit)s|bias)\s+([+-][\d.]+)", text, re.MULTILINE)
    (total,) = re.findall(r"^\d over \d\s+([+-][\d.]+)", text, re.MULTILINE)
    assert sum(map(float, parts)) == pytest.approx(float(total), abs=1e-9)


def test_places_add_up_as_printed(explanation: Explanation) -> None:
    text = "\n".join(draw(explanation, "#1 of test"))
    if "by place" not in text:
        assert explanation.shares is not None
        assert explanation.shares.values.ndim < 3
        return
    grid = text.split("by place, over all maps, without the bias\n")[1].split("\n\n")[0]
    (bias,), (total,) = re.findall(r"^bias +(\S+)", text, re.MULTILINE), re.findall(r"^\d over \d +(\S+)", text, re.M)
    assert sum(map(float, grid.split())) + float(bias) == pytest.approx(float(total), abs=1e-9)


def test_json_is_complete(explanation: Explanation) -> None:
    found = json.loads(json.dumps(to_json(explanation), allow_nan=False))
    assert np.array(found["occlusion"]["change"]).shape == (28, 28)
    assert np.array(found["input_gradient"]).shape == (28, 28)
    assert len(found["layers"]) == len(explanation.passed.network.graph.nodes)


def test_falls_are_figures_and_rises_are_letters() -> None:
    change = np.zeros((4, 3))
    change[:2, 0], change[:2, 2], change[2:, 1] = -9, 9, -1
    assert change_art(change) == (["9 i", " 1 "], 1.0)
    assert change_art(np.zeros((2, 2))) == (["  "], 0.0)
