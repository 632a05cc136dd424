import json

import numpy as np

from emnist_tui.analysis.explain.explanation import Explanation
from emnist_tui.analysis.explain.occlusion import logits_of
from emnist_tui.analysis.network.graph import Graph
from tests.support.explained_networks import digit, passed


def test_an_explanation_is_about_the_predicted_class() -> None:
    found = passed("residual", true=3)
    explanation = Explanation.of(found, logits_of(found.network), 5, digit()[None])
    assert explanation.shares is not None
    assert explanation.activity is not None
    assert (explanation.shares.answer, explanation.shares.against) == (found.predicted, 5)
    assert (explanation.occlusion.answer, explanation.occlusion.against) == (found.predicted, 5)
    assert (explanation.nearest.predicted, explanation.nearest.true) == (found.predicted, 3)
    assert explanation.activity.images == 1


def test_arrays_hold_every_value_weight_and_gradient() -> None:
    found = passed("everything", true=3)
    arrays = Explanation.of(found, logits_of(found.network), 5).arrays()
    for name, value in found.values.items():
        np.testing.assert_array_equal(arrays[f"value/{name}"], value)
        assert arrays[f"gradient/{name}"].shape == value.shape
    for key, weight in found.network.weights.items():
        np.testing.assert_array_equal(arrays[f"weight/{key}"], weight)
    assert Graph.from_json(json.loads(str(arrays["graph"]))).to_json() == found.network.graph.to_json()
    assert all(array.dtype != object for array in arrays.values())
