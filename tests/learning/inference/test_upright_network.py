"""Networks trained on turned images, rewritten for upright ones."""

import numpy as np
import pytest
import torch

from emnist_tui.analysis.network.forward import examine
from emnist_tui.learning.inference.input_format import ORIENTATIONS, InputFormat
from emnist_tui.learning.inference.network_graph import to_network
from emnist_tui.learning.inference.recognition import convert
from emnist_tui.learning.inference.upright_network import lay, upright
from emnist_tui.learning.models.registry import build_model
from emnist_tui.runs.models import MODELS

IMAGE = np.random.default_rng(2).integers(0, 256, (28, 28), dtype=np.uint8)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_images_are_laid_as_torch_lays_them(orientation: str) -> None:
    to = ORIENTATIONS[orientation]
    expected = convert(torch.from_numpy(IMAGE).float(), InputFormat(orientation=to)).numpy()
    assert np.array_equal(lay(IMAGE, to), expected)
    assert np.array_equal(lay(lay(IMAGE, to), to.inverse), IMAGE)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("model", MODELS)
def test_maps_of_the_upright_network_are_those_laid_upright(model: str, orientation: str) -> None:
    trained_on = ORIENTATIONS[orientation]
    network = to_network(build_model(model))
    found = upright(network, trained_on)
    is_flipped = trained_on.reverses_rows or trained_on.reverses_columns
    assert (found is None) == (model != "baseline" and is_flipped)  # strides of 2 leave the last row out
    if found is None:
        return
    values, laid = examine(found, IMAGE).values, examine(network, lay(IMAGE, trained_on)).values
    for name, value in laid.items():
        expected = lay(value, trained_on.inverse) if value.ndim == 3 else None
        if expected is not None:
            np.testing.assert_allclose(values[name], expected, atol=1e-9, err_msg=name)
    last = network.graph.nodes[-1].name
    np.testing.assert_allclose(values[last], laid[last], atol=1e-9)
