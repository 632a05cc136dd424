import copy

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training.optimizer import FlatParameters
from emnist_tui.learning.training.steps.cpu_batch_innermost.batch_pass import BatchInnermostPass
from emnist_tui.learning.training.steps.cpu_batch_innermost.convolution import Convolution, pixel_windows
from emnist_tui.learning.training.steps.cpu_batch_innermost.plan import NO_PARAMETER, plan_layers
from tests.support.step_networks import bars_on_paper, flat_gradient, one_convolution

IMAGES = 3


def bound_convolution(network: nn.Module) -> tuple[Convolution, Tensor, Tensor]:
    """Return the first convolution, its parameter index and its expanded gradient."""
    layers = plan_layers(network)
    assert layers is not None
    module = layers[0].module
    assert isinstance(module, nn.Conv2d)
    convolution = Convolution(module, layers[0].activation, 28, 28, IMAGES, None)
    index = convolution.parameter_index()
    parameters = torch.cat([parameter.detach().flatten() for parameter in module.parameters()])
    weights = torch.where(index == NO_PARAMETER, 0.0, parameters[index.clamp(min=0)]).flatten()
    gradient = torch.empty_like(weights)
    convolution.bind(weights, gradient)
    return convolution, index, gradient


def pixels_by_columns(images: Tensor) -> Tensor:
    """Lay out images [N, 28, 28] as `batches` does: [28, 2, 14, N]."""
    return images.view(-1, 28, 14, 2).permute(1, 3, 2, 0).contiguous()


def test_output_is_that_of_convolution_pooling_and_activation() -> None:
    torch.manual_seed(0)
    network = one_convolution()
    convolution, _, _ = bound_convolution(network)
    images = torch.randint(0, 256, (IMAGES, 28, 28), dtype=torch.uint8)
    convolution.load(pixel_windows(pixels_by_columns(images), convolution.kernel, convolution.width))
    convolution.forward()
    expected = network.layers[:3](images.unsqueeze(1).float())
    assert (convolution.height, convolution.width) == expected.shape[2:] == (11, 11)
    torch.testing.assert_close(convolution.output, expected.permute(2, 1, 3, 0), rtol=1e-4, atol=1e-3)


def test_the_weight_gradient_is_that_of_autograd() -> None:
    torch.manual_seed(0)
    network = one_convolution()
    convolution, index, gradient = bound_convolution(network)
    images = torch.rand(IMAGES, 28, 28)
    convolution.load(pixel_windows(pixels_by_columns(images), convolution.kernel, convolution.width))
    convolution.forward()
    expected = network.layers[:3](images.unsqueeze(1))
    output_gradient = torch.randn_like(expected)
    expected.backward(output_gradient)
    convolution.output_gradient.copy_(output_gradient.permute(2, 1, 3, 0))
    convolution.backward_to_weights()
    is_parameter = index.flatten() != NO_PARAMETER
    parameters = torch.zeros(3 * 7 * 7 + 3).index_add_(0, index.flatten()[is_parameter], gradient[is_parameter])
    torch.testing.assert_close(parameters, flat_gradient(network.layers[0]), rtol=1e-4, atol=1e-4)


def test_each_parameter_is_expanded_once_for_each_member_of_a_window() -> None:
    _, index, _ = bound_convolution(one_convolution())
    assert index.shape == (2, 2, 3, 8, 9)
    assert torch.equal(index[index != NO_PARAMETER].bincount(), torch.full((3 * 7 * 7 + 3,), 4))


def test_the_first_of_equal_members_of_a_window_is_the_maximum() -> None:
    """Constant filters make all members of a window equal, while their inputs differ."""
    model = Baseline()
    with torch.no_grad():
        for number in (0, 3):
            model.get_parameter(f"layers.{number}.weight").zero_()
            model.get_parameter(f"layers.{number}.bias").fill_(0.5)
        model.get_parameter("layers.0.weight")[0, 0, 2, 2] = 0.7  # so that the second convolution sees an image
    exact = copy.deepcopy(model).double()
    parameters, split = FlatParameters(model), bars_on_paper(32)
    batch_pass = BatchInnermostPass(model, parameters, split)
    (batch,) = batch_pass.batches(torch.arange(32), 32)
    batch_pass.forward_backward(batch)
    cross_entropy(exact(split.images.unsqueeze(1).double() / 255), split.labels).backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(parameters.gradient, flat_gradient(exact).float(), rtol=1e-5, atol=2e-7)
