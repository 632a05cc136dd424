"""Inert stand-ins for the classes that a pickle names.

Nothing that a file names is ever imported or called: `torch.load` is given these classes instead, which keep the data
of an object and do nothing with it.
"""

import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

SCRIPT = "__torch__."
"""Start of the names of TorchScript's own classes."""

_PLAIN_TORCH = {
    "collections.OrderedDict",
    "collections.Counter",
    "builtins.set",
    "builtins.complex",
    "_codecs.encode",
    "torch.Size",
    "torch.device",
    "torch.nn.parameter.Parameter",
    "torch.serialization._get_layout",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch._utils._rebuild_sparse_tensor",
    "torch._utils._rebuild_meta_tensor_no_storage",
    *(str(dtype) for dtype in vars(torch).values() if isinstance(dtype, torch.dtype)),
    *(f"torch.{kind}Storage" for kind in ("Float", "Double", "Half", "BFloat16", "ComplexFloat", "ComplexDouble")),
    *(f"torch.{kind}Storage" for kind in ("Byte", "Char", "Short", "Int", "Long", "Bool")),
}
"""Names that torch's own loader resolves without allocating more memory than the file has bytes.

Others that it allows, such as `bytearray`, `torch.Tensor` and quantized tensors, allocate what the file says.
"""

_VALUES = {
    "argparse.Namespace",
    "types.SimpleNamespace",
    *(f"{module}.{system}Path" for module in ("pathlib", "pathlib._local") for system in ("Posix", "Windows")),
    *(f"{module}.Pure{system}Path" for module in ("pathlib", "pathlib._local") for system in ("Posix", "Windows")),
    *(f"datetime.{name}" for name in ("datetime", "date", "time", "timedelta", "timezone")),
    *(f"builtins.{name}" for name in ("int", "float", "bool", "str", "bytes", "list", "tuple", "dict", "object")),
    *(f"builtins.{name}" for name in ("frozenset", "range", "slice")),
    "decimal.Decimal",
    "fractions.Fraction",
    "uuid.UUID",
    "numpy.ndarray",
    "numpy.dtype",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "torch.torch_version.TorchVersion",
}
"""Plain data whose pickles call the class; other objects of a file must be built without any call."""

_MAPPINGS = {
    "collections.defaultdict",
    "pytorch_lightning.utilities.parsing.AttributeDict",
    "lightning.pytorch.utilities.parsing.AttributeDict",
    "lightning_fabric.utilities.data.AttributeDict",
    "lightning.fabric.utilities.data.AttributeDict",
    "easydict.EasyDict",
    "addict.addict.Dict",
    "munch.Munch",
    "yacs.config.CfgNode",
}
_ARRAYS = {"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"}
_CALLED = _VALUES | _ARRAYS
_FIRST_ARGUMENT = {
    *(f"torch.jit._pickle.build_{kind}list" for kind in ("int", "double", "bool", "tensor")),
    "torch.jit._pickle.restore_type_tag",
}


Replacement = Callable[..., Any] | tuple[Callable[..., Any], str]


class ForeignClassError(pickle.UnpicklingError):
    """A call that a pickle asks for and that is not made."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class StandIn:
    """Object of a foreign class: its name and its data."""

    name: ClassVar[str] = ""
    """Name of the class, such as `argparse.Namespace`."""
    arguments: tuple[Any, ...]
    state: Any

    def __new__(cls, *arguments: Any) -> "StandIn":
        self = super().__new__(cls)
        self.arguments, self.state = arguments, None
        return self

    def __init__(self, *_arguments: Any) -> None:
        """Refuse the call; pickles build plain objects by `__new__` alone."""
        if type(self).name not in _CALLED:
            raise ForeignClassError(type(self).name)

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Mapping:
    def __new__(cls, *_arguments: Any) -> Any:
        return OrderedDict()


def _empty_list(*_arguments: Any) -> list[Any]:
    return []


def _first_argument(argument: Any, *_others: Any) -> Any:
    return argument


def stand_ins(names: Iterable[str]) -> list[Replacement]:
    """Return a stand-in for each name that a pickle mentions, for `torch.serialization.safe_globals`.

    Raises `ForeignClassError` for a name that cannot be replaced and is not harmless.
    """
    found: list[Replacement] = []
    for name in sorted(set(names) - _PLAIN_TORCH):
        if name in _MAPPINGS:
            found.append((_Mapping, name))
        elif name in _FIRST_ARGUMENT:
            found.append((_first_argument, name))
        elif name == "collections.deque":
            found.append((_empty_list, name))
        elif _is_torchs_own(name):
            raise ForeignClassError(name)
        else:
            found.append((type("StandIn", (StandIn,), {"name": name}), name))
    return found


def foreign_names(names: Iterable[str]) -> list[str]:
    """Return the names that are not known to be plain data."""
    return sorted(set(names) - _PLAIN_TORCH - _MAPPINGS - _FIRST_ARGUMENT - _CALLED)


def _is_torchs_own(name: str) -> bool:
    """Whether torch's loader resolves or refuses `name` by itself."""
    module, _, attribute = name.rpartition(".")
    return (
        module in ("os", "posix", "nt", "sys")
        or module in ("torch", "torch._utils", "torch._tensor", "torch.storage", "torch.sparse", "torch.cuda")
        or module.startswith("torch.cuda.")
        or name == "builtins.bytearray"
        or attribute.endswith("Storage")
    )


def array_tensor(array: object) -> Tensor | None:
    """Return a pickled numpy array as a tensor, None for anything else.

    Raises `ValueError` or `TypeError` if its bytes are not those of its shape.
    """
    if not isinstance(array, StandIn) or type(array).name not in _ARRAYS:
        return None
    _version, shape, dtype, is_fortran, data = array.state
    kind = dtype.arguments[0] if isinstance(dtype, StandIn) and dtype.arguments else None
    if kind not in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "b1") or not isinstance(data, bytes):
        return None
    order = ">" if dtype.state and dtype.state[1] == ">" else "<"
    values = np.frombuffer(data, np.dtype(order + kind)).reshape(shape, order="F" if is_fortran else "C")
    return torch.from_numpy(values.astype(values.dtype.newbyteorder("="), order="C"))
