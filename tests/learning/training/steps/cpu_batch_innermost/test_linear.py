import torch
from torch import nn

from emnist_tui.learning.training.steps.cpu_batch_innermost.convolution import Convolution
from emnist_tui.learning.training.steps.cpu_batch_innermost.linear import Linear
from emnist_tui.learning.training.steps.cpu_batch_innermost.plan import plan_layers
from tests.support.step_networks import three_channels

IMAGES = 3


def bind(stage: Linear, layer: nn.Linear) -> torch.Tensor:
    """Give a stage the parameters of `layer`; return its gradient."""
    parameters = torch.cat([parameter.detach().flatten() for parameter in layer.parameters()])
    weights = parameters[stage.parameter_index()]
    gradient = torch.empty_like(weights)
    stage.bind(weights, gradient)
    return gradient


def test_passes_after_a_convolution_and_after_a_linear_layer_are_those_of_torch() -> None:
    torch.manual_seed(0)
    layers = plan_layers(three_channels())
    assert layers is not None
    _, second, hidden_layer, last_layer = layers
    assert isinstance(second.module, nn.Conv2d)
    assert isinstance(hidden_layer.module, nn.Linear)
    assert isinstance(last_layer.module, nn.Linear)
    convolution = Convolution(second.module, second.activation, 13, 13, IMAGES, None)
    hidden = Linear(hidden_layer.module, hidden_layer.activation, IMAGES, convolution)
    last = Linear(last_layer.module, None, IMAGES, hidden)
    gradients = bind(hidden, hidden_layer.module), bind(last, last_layer.module)

    pooled = torch.randn(IMAGES, 5, 4, 4, requires_grad=True)
    expected = last_layer.module(hidden_layer.module(pooled.flatten(1)).relu())
    output_gradient = torch.randn_like(expected)
    expected.backward(output_gradient)

    convolution.output.copy_(pooled.detach().permute(2, 1, 3, 0))
    for stage in (hidden, last):
        stage.forward()
    torch.testing.assert_close(last.output, expected.detach().T)
    last.output_gradient.copy_(output_gradient.T)
    for stage in (last, hidden):
        stage.backward()
    assert pooled.grad is not None
    torch.testing.assert_close(convolution.output_gradient, pooled.grad.permute(2, 1, 3, 0))
    for stage, layer, gradient in zip((hidden, last), (hidden_layer, last_layer), gradients, strict=True):
        parameters = torch.empty_like(gradient)
        parameters[stage.parameter_index()] = gradient
        weight, bias = layer.module.weight.grad, layer.module.bias.grad  # type: ignore[union-attr]
        assert weight is not None
        assert bias is not None
        torch.testing.assert_close(parameters, torch.cat([weight.flatten(), bias]))
