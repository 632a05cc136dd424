"""Values of a network for one image, and gradients, by torch."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import cross_entropy

from emnist_tui.analysis.network.graph import INPUT
from emnist_tui.analysis.network.network import Array, Network, Pass
from emnist_tui.learning.inference.network_graph import OUTPUT, evaluating, to_network
from emnist_tui.learning.inference.tracing.calls import Recorder
from emnist_tui.runs.errors import EmnistTuiError

_COPIES = 2
"""Images in the batch: with one, the axis of the images could be taken for another of length 1."""


def examine(
    model: nn.Module, image: NDArray[np.uint8], true: int | None = None, network: Network | None = None
) -> Pass:
    """Compute every value of a network for an image, uint8 [28, 28].

    With its true class, the gradients of the loss as well. `network` is what `model` was traced to, whose graph and
    scale are used; without it, the model is traced. Raises `EmnistTuiError` if this image takes other steps than those
    of the graph, and what the model raises.
    """
    network = network or to_network(model)
    device = next((weight.device for weight in model.state_dict().values()), torch.device("cpu"))
    ink = torch.from_numpy(np.array(image)).to(device).float() / 255
    given = (ink * network.scale.factor + network.scale.offset).expand(_COPIES, 1, -1, -1).contiguous()
    with evaluating(model), torch.set_grad_enabled(true is not None):
        recorder = Recorder(model)
        given.requires_grad_(true is not None)
        images = given.clone()  # which the network may overwrite
        logits = recorder.run(images)
        weights = {key: each for key, each in model.named_parameters() if each.requires_grad}
        found: tuple[torch.Tensor | None, ...] = ()
        if true is not None:
            loss = cross_entropy(logits[:1], torch.tensor([true], device=device))
            found = torch.autograd.grad(loss, [given, *weights.values()], allow_unused=True)
    outputs = {call.name: call.output for call in recorder.calls} | {INPUT: given.detach(), OUTPUT: logits.detach()}
    returned = {call.name: call.gradient for call in recorder.calls}
    names = [INPUT, *(node.name for node in network.graph.nodes)]
    if not set(names) <= outputs.keys():
        raise EmnistTuiError("The network computes this image in other steps than others; choose another digit.")
    gradients = {name: _array(each[0]) for name in names if (each := returned.get(name)) is not None}
    weight_gradients: dict[str, Array] = {}
    if found:
        first, *of_weights = found
        if first is not None:
            gradients[INPUT] = _array(first[0])
        weight_gradients = {
            key: _array(each) for key, each in zip(weights, of_weights, strict=True) if each is not None
        }
    values = {name: _array(outputs[name][0]) for name in names}
    return Pass(network, image, values, true, gradients, weight_gradients)


def _array(tensor: torch.Tensor) -> Array:
    return tensor.detach().double().cpu().numpy()
