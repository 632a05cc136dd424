"""Calls of torch that a forward pass makes, recorded as plain data.

The pass is a real one, of real images, so that whatever a `forward` consists of is seen: modules and functions, methods
and control flow. `torch.fx` stops at `len(images)` and at an `if`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from emnist_tui.learning.inference.tracing.tensors import function_name, is_plain, tensors_in
from emnist_tui.learning.models.layers import Mish

_WHOLE = (Mish, nn.MultiheadAttention, nn.RNNBase, nn.RNNCellBase)
"""Modules that are one call each, whatever they compute with."""
_SAME = {"detach", "contiguous", "clone", "float", "double", "to", "type_as", "requires_grad_", "alias", "cpu"}
"""Functions whose output has the values of their input."""
_ESCAPES = {"__bool__", "__float__", "__int__", "__index__", "__array__", "item", "tolist", "numpy", "data_ptr"}
_ESCAPES |= {"equal", "allclose", "is_nonzero"}
"""Functions that give plain values to Python, on which all that follows may depend."""
_MOST_CALLS = 2_000
_MOST_SOURCES = 64
IMAGE = 0
"""Number of the image as a `Value`."""


@dataclass(frozen=True)
class Value:
    """Argument that is the output of an earlier call, or the image."""

    number: int
    """From 1; `IMAGE` for the image."""
    shape: tuple[int, ...]
    """With the batch axis."""


@dataclass(frozen=True)
class Weight:
    """Argument that is a tensor of the state dict."""

    key: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Other:
    """Argument that is any other tensor."""

    number: float | None = None
    """Its value, if it is a single one that does not depend on the images."""


@dataclass(frozen=True)
class Visit:
    """One call of a module."""

    path: str
    number: int
    """From 1, of the calls of this module."""
    is_leaf: bool
    is_whole: bool


@dataclass(eq=False)
class Call:
    """Call of a function, or of a module taken as a whole."""

    function: str
    """Name of the function, such as `conv2d`, or of the module's class."""
    visit: Visit
    """Call of the module that it is made in."""
    arguments: tuple[Any, ...]
    """Arguments by position; tensors are `Value`, `Weight` or `Other`."""
    named: Mapping[str, Any]
    sources: tuple[int, ...]
    """Numbers of the outputs that it takes, in order, or depends on; 0 is the image."""
    is_exact: bool
    """Whether its arguments are all that it depends on, and its output all that it gives."""
    shape: tuple[int, ...]
    """Shape of its output, [N, …]."""
    output: Tensor
    """Copy of its output for the first images."""
    gradient: Tensor | None = None
    """Gradient with respect to its output, after a backward pass."""
    name: str = ""
    """Path of the module where it is a leaf's only call, else with the function's name."""


@dataclass(frozen=True, eq=False)
class _Tracked:
    """A tensor that depends on the images."""

    tensor: Tensor  # held, so that its identity is not given to another
    version: int
    sources: tuple[int, ...]
    is_value: bool
    """Whether it is the output of the call `sources[0]`, not something derived from outputs."""


class Recorder(TorchFunctionMode):
    """Recording of one forward pass of a network."""

    def __init__(self, network: nn.Module, copied: int = 1) -> None:
        """Record a network; outputs are copied for the first `copied` images."""
        super().__init__()
        self._copied = copied
        self.calls: list[Call] = []
        """Calls that give a value for each image, in order; the first is number 1."""
        self._network = network
        # A compiled network has the paths of the original.
        self._paths = {id(module): path.replace("_orig_mod.", "") for path, module in network.named_modules()}
        self._keys: dict[int, str] = {}
        for key, tensor in network.state_dict(keep_vars=True).items():
            self._keys.setdefault(id(tensor), key)
        self._tracked: dict[int, _Tracked] = {}
        self._visits: Counter[str] = Counter()
        self._stack = [Visit("", 1, is_leaf=False, is_whole=False)]
        self._images = 0
        self._has_escaped = False

    def run(self, images: Tensor) -> Tensor:
        """Compute the logits of images, recording every call.

        Calls after the first 2,000 are left out. Raises what the network raises.
        """
        self._images = len(images)
        self._track(images, (IMAGE,), is_value=True)
        hooks = [
            register_module_forward_pre_hook(self._enter),
            register_module_forward_hook(self._leave, with_kwargs=True),
        ]
        try:
            with self:
                logits: Tensor = self._network(images)
        finally:
            for hook in hooks:
                hook.remove()
        _name(self.calls)
        return logits

    def describe(self, tensor: Tensor) -> tuple[int | None, tuple[int, ...]]:
        """Return the call that gave a tensor, and those it depends on.

        The first is None if it is not the output of a call as it was.
        """
        known = self._tracked.get(id(tensor))
        if known is None:
            return None, ()
        is_value = known.is_value and known.version == tensor._version
        return known.sources[0] if is_value else None, known.sources

    def __torch_function__(
        self, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Compute, and record the call if it depends on the images."""
        if self._stack[-1].is_whole:
            return function(*args, **(kwargs or {}))
        if getattr(function, "__name__", "") in _ESCAPES and any(
            id(each) in self._tracked for each in tensors_in(args)
        ):
            self._has_escaped = True
        with self._recorded(function_name(function), tuple(args), kwargs or {}) as outputs:
            output = function(*args, **(kwargs or {}))
            outputs.append(output)
        return output

    @contextmanager
    def _recorded(self, name: str, args: tuple[Any, ...], named: Mapping[str, Any]) -> Iterator[list[Any]]:
        """Record a call, whose output the block appends."""
        taken = {id(each): (each, each._version) for each in tensors_in((args, named)) if id(each) in self._tracked}
        call = self._call(name, args, named) if taken else None
        outputs: list[Any] = []
        yield outputs
        if call is None:
            return
        given = list(tensors_in(outputs))
        changed = [each for each, version in taken.values() if each._version != version]
        given += [each for each in changed if not any(each is other for other in given)]
        if name in _SAME and len(given) == 1 and not changed:
            number, sources = self.describe(args[0]) if isinstance(args[0], Tensor) else (None, call.sources)
            self._track(given[0], sources if number is None else (number,), is_value=number is not None)
            return
        call.is_exact &= len(given) == 1 and isinstance(outputs[0], Tensor)
        for tensor in given:
            self._take(call, tensor)

    def _call(self, name: str, args: tuple[Any, ...], named: Mapping[str, Any]) -> Call:
        sources: list[int] = []
        is_exact = not self._has_escaped
        for each in tensors_in((args, named)):
            number, found = self.describe(each)
            sources += found
            is_exact &= number is not None or (not found and (id(each) in self._keys or each.numel() == 1))
        if not is_exact:
            sources = list(dict.fromkeys(sources))
        replaced = tuple(map(self._reference, args))
        by_name = {key: self._reference(value) for key, value in named.items()}
        return Call(name, self._stack[-1], replaced, by_name, tuple(sources), is_exact, (), Tensor())

    def _reference(self, argument: Any) -> Any:
        """Replace tensors by what is known of them."""
        if isinstance(argument, list | tuple):
            return tuple(map(self._reference, argument))
        if not isinstance(argument, Tensor):
            return argument
        number, sources = self.describe(argument)
        if number is not None:
            return Value(number, tuple(argument.shape))
        if key := self._keys.get(id(argument)):
            return Weight(key, tuple(argument.shape))
        return Other(float(argument) if not sources and argument.numel() == 1 and not argument.is_complex() else None)

    def _take(self, call: Call, tensor: Tensor) -> None:
        """Take a tensor as a call's output.

        One without values for each image is only followed.
        """
        if not is_plain(tensor) or len(tensor) != self._images or len(self.calls) >= _MOST_CALLS:
            self._track(tensor, call.sources[:_MOST_SOURCES], is_value=False)
            return
        recorded = Call(
            call.function,
            call.visit,
            call.arguments,
            call.named,
            call.sources,
            call.is_exact,
            tuple(tensor.shape),
            tensor.detach()[: self._copied].clone(),
        )
        self.calls.append(recorded)
        self._track(tensor, (len(self.calls),), is_value=True)
        if tensor.requires_grad:
            tensor.register_hook(partial(setattr, recorded, "gradient"))  # type: ignore[no-untyped-call]

    def _track(self, tensor: Tensor, sources: tuple[int, ...], *, is_value: bool) -> None:
        self._tracked[id(tensor)] = _Tracked(tensor, tensor._version, sources, is_value)

    def _enter(self, module: nn.Module, _: Any) -> None:
        """Note the module that computes from now on.

        One that is made on the way has the path of its caller.
        """
        path = self._paths.get(id(module))
        if path is None:
            self._stack.append(self._stack[-1])
            return
        self._visits[path] += 1
        is_leaf = bool(path) and next(module.children(), None) is None
        is_whole = isinstance(module, _WHOLE) or self._stack[-1].is_whole
        self._stack.append(Visit(path, self._visits[path], is_leaf or is_whole, is_whole))

    def _leave(self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], output: Any) -> None:
        """Return to the module that called.

        Records the call of one that is taken as a whole.
        """
        visit = self._stack[-1]
        if visit.is_whole and not self._stack[-2].is_whole:
            with self._recorded(type(module).__name__, args, kwargs) as outputs:
                outputs.append(output)
        self._stack.pop()


def _name(calls: Sequence[Call]) -> None:
    """Give each call a name of its own."""
    in_visit = Counter((call.visit.path, call.visit.number) for call in calls)
    used: Counter[str] = Counter()
    for call in calls:
        path, number = call.visit.path, call.visit.number
        if call.visit.is_leaf and in_visit[path, number] == 1:
            name = path
        else:
            name = f"{path}.{call.function}" if path else call.function
        used[name] += 1
        call.name = name if used[name] == 1 else f"{name}:{used[name]}"
