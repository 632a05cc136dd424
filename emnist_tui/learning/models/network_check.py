"""Checks of a network of one's own before it is used."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from emnist_tui.learning.models.layers import is_normalized
from emnist_tui.learning.models.user_file import describe, explained
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.network_files import NetworkFile
from emnist_tui.runs.task import CLASSES, SIDE

_MOST_LISTED = 3  # layers in a sentence
_SAME = 1e-2  # largest accepted difference between logits of the same image, relative to the largest logit or 1


def check_weights(file: NetworkFile, network: nn.Module) -> None:
    """Check that the weights can be trained as one vector and stored.

    Raises `UsageError` as `check_training` does.
    """
    trained = [(name, each) for name, each in network.named_parameters() if each.requires_grad]
    if not trained:
        raise UsageError(f"{file} has no trainable parameters; there is nothing to train.")
    for name, parameter in trained:
        if parameter.dtype != torch.float32:
            raise UsageError(
                f"{_upper(_layers([name]))} of {file} is {_short(parameter.dtype)}, not float32; convert it."
            )
    absent = [name for name, each in [*network.named_parameters(), *network.named_buffers()] if each.is_meta]
    if absent:
        raise UsageError(f"{_upper(_layers(absent))} of {file} has no values on the device meta; build it on the CPU.")
    memory = sorted((each.data_ptr(), each.nbytes, name) for name, each in trained if each.numel())
    for (start, size, name), (following, _, other) in pairwise(memory):
        if following < start + size:
            raise UsageError(
                f"{_upper(_layers([name]))} and {_layers([other])} of {file} are two parameters in the same memory; "
                "assign one parameter to both layers to tie them."
            )
    with explained(file, "the weights cannot be collected"):
        weights = network.state_dict()
    for name, value in weights.items():
        if not isinstance(value, Tensor) or value.layout != torch.strided or value.is_quantized:
            raise UsageError(f"{_upper(_layers([name]))} of {file} keeps {describe(value)}, which no checkpoint holds.")


def check_training(file: NetworkFile, network: nn.Module, images: Tensor, labels: Tensor, *, is_alone: bool) -> None:
    """Check a network on one batch, in training and evaluation mode.

    Images are float32 [N, 1, 28, 28], labels int64 [N], on the network's device. With `is_alone`, the last batch of an
    epoch is a single image. The network and the random generators stay as they are. Raises `UsageError`, one sentence
    that names the layer.
    """
    devices = [images.device] if images.device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        with explained(file, "the network cannot be copied and its weights restored"):
            twin = copy.deepcopy(network)
            twin.load_state_dict(network.state_dict())
        twin.train()
        with torch.enable_grad():
            logits = _forward(file, twin, images)
            _check_gradient(file, twin, logits, labels)
            if is_alone and not is_normalized(twin):
                _forward(file, twin, images[:1])
        _check_same_kind(file, network, twin)  # and after the evaluation: the last batch may fit by chance
        check_evaluation(file, twin, images)
        _check_same_kind(file, network, twin)


def check_evaluation(file: NetworkFile, network: nn.Module, images: Tensor | None = None) -> None:
    """Check that a network classifies each image by itself.

    Evaluation, export and predict rely on it. Images are by default blank. Raises `UsageError` as `check_training`
    does.
    """
    if images is None:
        images = torch.zeros(3, 1, SIDE, SIDE)
    was_training = network.training
    network.eval()
    with torch.no_grad():
        logits = _forward(file, network, images)
        again = _forward(file, network, images)
        alone = _forward(file, network, images[:1])
    network.train(was_training)
    tolerance = _SAME * max(1.0, float(logits.abs().max()))
    if float((again - logits).abs().max()) > tolerance:
        raise UsageError(
            f"{file} gives other logits for the same images in evaluation mode; switch everything random off there, "
            "such as by F.dropout(x, training=self.training)."
        )
    if float((alone - logits[:1]).abs().max()) > tolerance:
        raise UsageError(
            f"{file} gives an image other logits if it is alone in its batch in evaluation mode; keep running "
            "statistics in its norms, and compute nothing over the batch."
        )


class _Watch:
    """The layers that a pass enters and leaves, by hooks."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        """Layers entered and not left, the innermost last."""
        self.given: list[tuple[str, object]] = []
        """Output of every layer, in order."""

    @contextmanager
    def over(self, network: nn.Module) -> Iterator[None]:
        """Watch all layers of a network."""
        handles = []
        for name, layer in network.named_modules():
            handles += [
                layer.register_forward_pre_hook(partial(self._enter, name)),
                layer.register_forward_hook(partial(self._leave, name)),
            ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _enter(self, name: str, _layer: nn.Module, _inputs: object) -> None:
        self.inside.append(name)

    def _leave(self, name: str, _layer: nn.Module, _inputs: object, output: object) -> None:
        self.inside.pop()
        self.given.append((name, output))

    def source(self, output: object) -> str:
        """Return the layer that gives the network's output.

        Empty for the network itself.
        """
        return next((name for name, given in self.given if given is output), "")

    def first_not_finite(self) -> str:
        """Return the first layer whose output is not finite.

        Empty if none is known.
        """
        tensors = ((name, given) for name, given in self.given if isinstance(given, Tensor))
        return next((name for name, given in tensors if not given.isfinite().all()), "")


def _forward(file: NetworkFile, network: nn.Module, images: Tensor) -> Tensor:
    """Compute the logits of images, checked for type, shape and value."""
    watch, expected = _Watch(), [len(images), CLASSES]
    count = f"{len(images)} image{'s' * (len(images) != 1)}"
    with watch.over(network):
        try:
            logits = network(images.clone())
        except BaseException as error:
            with explained(file, f"{_layer(*watch.inside[-1:])} fails on a batch of {count}"):
                raise error from None
    where = f"{_layer(watch.source(logits))} of {file}"
    if not isinstance(logits, Tensor):
        raise UsageError(f"{where} gives {describe(logits)}, not a tensor; return the logits {expected} alone.")
    if list(logits.shape) != expected:
        raise UsageError(f"{where} gives {list(logits.shape)}, not {expected}, for {count}; correct the file.")
    if logits.dtype != torch.float32:
        raise UsageError(f"{where} gives {_short(logits.dtype)}, not float32; leave out the conversion.")
    if logits.device != images.device:
        raise UsageError(f"{where} gives a tensor on {logits.device}, not {images.device}; leave it on its device.")
    if not logits.isfinite().all():
        where = f"{_layer(watch.first_not_finite())} of {file}"
        raise UsageError(f"{where} gives values that are not finite for the first {count}; correct the file.")
    return logits


def _check_gradient(file: NetworkFile, network: nn.Module, logits: Tensor, labels: Tensor) -> None:
    """Check that a finite gradient reaches every trainable parameter."""
    if logits.requires_grad:
        with explained(file, "the gradient cannot be computed"):
            cross_entropy(logits, labels).backward()  # type: ignore[no-untyped-call]
    trained = [(name, each) for name, each in network.named_parameters() if each.requires_grad]
    missed = [name for name, each in trained if each.grad is None]
    if missed:
        raise UsageError(
            f"No gradient reaches {_layers(missed)} of {file}; use it in forward without detaching, or freeze it by "
            "requires_grad_(False)."
        )
    unbounded = [name for name, each in trained if each.grad is not None and not each.grad.isfinite().all()]
    if unbounded:
        raise UsageError(f"The gradient of {_layers(unbounded)} of {file} is not finite; correct the file.")


def _check_same_kind(file: NetworkFile, network: nn.Module, used: nn.Module) -> None:
    """Check that weights of a `used` copy would load into a network."""
    before, after = (
        {name: (value.shape, value.dtype) for name, value in each.state_dict().items()} for each in (network, used)
    )
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if changed:
        raise UsageError(
            f"{_upper(_layers(changed))} of {file} has another shape or type once the network has computed, and no "
            "checkpoint would fit; register it in its final shape, or with persistent=False."
        )


def _layer(name: str = "") -> str:
    return f"Layer {name}" if name else "The network"


def _layers(parameters: list[str]) -> str:
    """Name parameters by their layers, such as `layer block2.conv (weight)`."""
    shown = []
    for name in parameters[:_MOST_LISTED]:
        layer, _, own = name.rpartition(".")
        shown.append(f"layer {layer} ({own})" if layer else f"the parameter {own}")
    return ", ".join([*shown, f"{len(parameters) - _MOST_LISTED} more"] if len(parameters) > _MOST_LISTED else shown)


def _upper(words: str) -> str:
    return words[0].upper() + words[1:]


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
