"""Any torch network as a graph of operations, checked against torch.

A graph is traced twice, on different images: what differs depends on the images and is unknown. Every operation is
then computed in numpy and compared with what torch computed; one that differs is unknown as well.
"""

import copy
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from emnist_tui.analysis.network.forward import compute
from emnist_tui.analysis.network.graph import INPUT, OPERATIONS, UNKNOWN, Graph, Node
from emnist_tui.analysis.network.network import Array, InputScale, Network
from emnist_tui.learning.inference.input_format import PLAIN, InputFormat
from emnist_tui.learning.inference.tracing.calls import IMAGE, Call, Recorder
from emnist_tui.learning.inference.tracing.operations import describe
from emnist_tui.runs.task import SIDE

OUTPUT = "output"
"""Name of logits that no call gives, as far as torch can tell."""
_COMPARED = 2  # images
_BATCHES = ((5, _COMPARED), (7, 0))
"""Images of each trace, and those whose values are compared; so that no axis is taken for that of the images, the
numbers differ."""
_CLOSE = 1e-4
"""Largest difference between numpy and torch, relative to the largest value or 1."""


@dataclass(frozen=True, eq=False)
class _Step:
    """A node and what torch computed for it."""

    node: Node
    shape: tuple[int, ...]
    """Shape of its value, without the axis of the images."""
    output: Tensor
    """Its value for the first images."""


def trace(network: nn.Module) -> Graph:
    """Trace a network into a graph.

    A copy of it is computed, so that whatever a `forward` keeps is left alone, and random numbers as well. Raises what
    the network raises.
    """
    device = _device(network)
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        twin = copy.deepcopy(network)
        first, second = (_trace(twin, _images(count, device), copied) for count, copied in _BATCHES)
    whole = Graph((Node(OUTPUT, UNKNOWN, (INPUT,), {"type": type(network).__name__}),))
    if [step.node.name for step in first] != [step.node.name for step in second]:
        return whole
    weights = {key: _array(weight) for key, weight in network.state_dict().items() if weight.layout == torch.strided}
    values = {INPUT: _array(_images(_BATCHES[0][0], device)[:_COMPARED])} | {
        step.node.name: _array(step.output) for step in first
    }
    nodes = []
    for step, other in zip(first, second, strict=True):
        is_same = step.node == other.node and step.shape == other.shape
        is_right = is_same and step.node.operation != UNKNOWN and _agrees(step.node, values, weights)
        nodes.append(step.node if is_right else _unknown(step.node))
    graph = Graph(tuple(nodes))
    return graph if _is_readable(graph) else whole


def to_network(network: nn.Module, trained_on: InputFormat = PLAIN, graph: Graph | None = None) -> Network:
    """Return a network's graph and weights.

    The image has to be laid as it was `trained_on`; see `upright_network`. `graph` is by default traced.
    """
    weights = {
        key: np.array(weight.detach().float().cpu().numpy())
        for key, weight in network.state_dict().items()
        if weight.is_floating_point()
    }
    scale = InputScale(trained_on.scaling.factor, trained_on.scaling.offset)
    return Network(graph or trace(network), weights, scale)


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Set a network to evaluation, and each of its modules back.

    A compiled one is not compiled anew meanwhile, which would take a minute.
    """
    modes = {module: module.training for module in network.modules()}
    network.eval()
    is_compiled = "torch._dynamo" in sys.modules  # which takes seconds to import
    try:
        with torch.compiler.set_stance("force_eager") if is_compiled else nullcontext():
            yield
    finally:
        for module, was_training in modes.items():
            module.training = was_training


def _device(network: nn.Module) -> torch.device:
    return next((weight.device for weight in network.state_dict().values()), torch.device("cpu"))


def _images(count: int, device: torch.device) -> Tensor:
    """Return images on which a network's values are of many kinds."""
    generator = torch.Generator().manual_seed(count)
    images = torch.rand(count, 1, SIDE, SIDE, generator=generator)
    images *= torch.rand(count, 1, SIDE, SIDE, generator=generator) < torch.linspace(0.1, 1, count).view(-1, 1, 1, 1)
    images[0, :, : SIDE // 2] = 0
    return images.to(device)


def _trace(network: nn.Module, images: Tensor, copied: int) -> list[_Step]:
    """Return the steps of one forward pass; the last gives the logits.

    Steps that the logits do not depend on are left out.
    """
    recorder = Recorder(network, copied)
    with evaluating(network), torch.no_grad():
        logits = recorder.run(images)
    number, sources = recorder.describe(logits)
    calls = recorder.calls
    names = [INPUT, *(call.name for call in calls)]
    end: list[_Step] = []
    if number is None or number == IMAGE:
        inputs = tuple(names[source] for source in sources) or (names[-1],)
        end = [_Step(Node(OUTPUT, UNKNOWN, inputs, {"type": OUTPUT}), tuple(logits.shape[1:]), logits[:copied])]
    needed = set(sources) if number is None else {number}
    if not sources:
        needed = {len(calls)}
    for position in range(len(calls), 0, -1):
        if position in needed:
            needed |= set(calls[position - 1].sources)
    kept = [call for position, call in enumerate(calls, 1) if position in needed]
    return [_Step(_node(call, names), call.shape[1:], call.output) for call in kept] + end


def _array(tensor: Tensor) -> Array:
    """Copy a tensor into an array, floats as float64."""
    return (tensor.double() if tensor.is_floating_point() else tensor.detach().resolve_conj()).detach().cpu().numpy()


def _node(call: Call, names: Sequence[str]) -> Node:
    inputs = tuple(names[source] for source in call.sources)
    found = describe(call)
    if found is None or found.name not in OPERATIONS:
        return Node(call.name, UNKNOWN, inputs, {"type": call.function})
    return Node(call.name, found.name, inputs, found.settings, found.weights)


def _agrees(node: Node, values: dict[str, Array], weights: dict[str, Array]) -> bool:
    """Compute a node in numpy and compare it with torch."""
    expected = values[node.name].astype(np.float64)
    inputs: list[Array] = [values[name].astype(np.float64) for name in node.inputs]
    try:
        found = compute(node, inputs, {role: weights[key].astype(np.float64) for role, key in node.weights.items()})
    except (ValueError, LookupError, TypeError):
        return False
    limit = _CLOSE * max(1.0, float(np.abs(expected).max()))
    return found.shape == expected.shape and bool((np.abs(found - expected) <= limit).all())


def _is_readable(graph: Graph) -> bool:
    """Return whether a graph is small enough to be read again."""
    try:
        return Graph.from_json(graph.to_json()) == graph
    except ValueError:
        return False


def _unknown(node: Node) -> Node:
    if node.operation == UNKNOWN:
        return node
    return replace(node, operation=UNKNOWN, settings={"type": node.operation}, weights={})
