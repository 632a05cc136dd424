"""The JSON format, read without this program and computed by it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from emnist_tui.learning.export.json_format import compute_logits, describe_layers
from emnist_tui.learning.models.layers import Chain, Norm, Residual
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.exported_networks import ACCURACY, assert_same_logits, images


def compute_slowly(layers: list[dict[str, Any]], values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Compute the logits of one image, pixel by pixel."""
    for layer in layers:
        match layer["type"]:
            case "Conv2d":
                assert layer["stride"] == [1, 1]
                weight, bias = np.array(layer["weight"]), np.array(layer["bias"])
                size = weight.shape[-1]
                rows, columns = values.shape[1] - size + 1, values.shape[2] - size + 1
                output = np.empty((len(weight), rows, columns))
                for channel, row, column in np.ndindex(output.shape):
                    window = values[:, row : row + size, column : column + size]
                    output[channel, row, column] = (window * weight[channel]).sum() + bias[channel]
                values = output
            case "MaxPool2d":
                size = layer["kernel_size"]
                rows, columns = values.shape[1] // size, values.shape[2] // size
                output = np.empty((len(values), rows, columns))
                for channel, row, column in np.ndindex(output.shape):
                    window = values[channel, size * row : size * row + size, size * column : size * column + size]
                    output[channel, row, column] = window.max()
                values = output
            case "ReLU":
                values = np.where(values > 0, values, 0)
            case "Sigmoid":
                values = 1 / (1 + np.exp(-values))
            case "Flatten":
                values = values.ravel()
            case "Linear":
                values = np.array(layer["weight"]) @ values + np.array(layer["bias"])
    return values


def test_a_json_network_needs_only_numpy(network: Chain, exported: Callable[[str], Path]) -> None:
    content = json.loads(exported("json").read_bytes())
    assert (content["model"], content["test_accuracy"], content["classes"]) == ("baseline", ACCURACY, list(range(10)))
    assert "/ 255" in content["input"]
    assert_same_logits(network, lambda values: np.stack([compute_slowly(content["layers"], image) for image in values]))


def test_logits_are_those_of_torch_with_strides_and_odd_sides() -> None:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(1, 3, 4, stride=(2, 1)), nn.MaxPool2d(2), nn.Sigmoid(), nn.Flatten())
    values = 900 * images(3)  # so large that exp would overflow
    with np.errstate(all="raise", under="ignore"):
        logits = compute_logits(describe_layers(layers), values)
    np.testing.assert_allclose(logits, layers(torch.from_numpy(values)).detach().numpy(), atol=1e-4)


def stirred(layers: nn.Sequential) -> nn.Sequential:
    """Give norms statistics, weights and biases as after training."""
    for layer in layers.modules():
        if isinstance(layer, Norm):
            nn.init.uniform_(layer.running_mean, -1, 1)
            nn.init.uniform_(layer.running_var, 0.5, 2)
            nn.init.normal_(layer.bias)
            if layer.weight is not None:
                nn.init.normal_(layer.weight)
    return layers.eval()


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 6, (5, 3), stride=2, padding=(2, 1)),
        nn.Conv2d(4, 8, 3, groups=4, bias=False),
        nn.Conv2d(4, 4, 3, padding=1, groups=2),
        Norm(4),
        Norm(4, scaled=False),
        nn.AvgPool2d(3),
        nn.Mish(),
        nn.SiLU(),
        Residual(nn.Conv2d(4, 4, 3, padding=1), Norm(4), Residual(nn.Mish())),
    ],
    ids=str,
)
def test_every_layer_computes_what_torch_does(layer: nn.Module) -> None:
    torch.manual_seed(1)
    layers = stirred(nn.Sequential(layer))
    values = torch.randn(3, 4, 11, 8) * 20
    with torch.no_grad(), np.errstate(all="raise", under="ignore"):
        computed = compute_logits(json.loads(json.dumps(describe_layers(layers))), values.numpy())
        np.testing.assert_allclose(computed, layers(values).numpy(), atol=1e-4)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(1, 2, 3, dilation=2),
        nn.Conv2d(1, 2, 3, padding="same"),
        nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"),
        nn.MaxPool2d(2, stride=1),
        nn.AvgPool2d(2, ceil_mode=True),
        nn.Tanh(),
        nn.Flatten(0),
        Residual(nn.Tanh()),
    ],
    ids=str,
)
def test_an_unsupported_layer_is_refused(layer: nn.Module) -> None:
    with pytest.raises(EmnistTuiError, match="does not support the layer"):
        describe_layers(nn.Sequential(layer))


def test_an_unknown_layer_type_is_refused() -> None:
    with pytest.raises(EmnistTuiError, match="'Dropout' is not supported"):
        compute_logits([{"type": "Dropout"}], images(1))
