"""Export formats: how each is packed and read back."""

import importlib.util
import io
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from emnist_tui.learning.export import json_format
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.task import SIDE

INPUT, OUTPUT = "images", "logits"
METADATA = "emnist-tui.json"
"""Name of the metadata within a TorchScript file."""

Facts: TypeAlias = dict[str, Any]
"""Metadata of a network: text, numbers and lists by name, stored where the format supports it."""
Values: TypeAlias = NDArray[np.float32]
Network: TypeAlias = Callable[[Values], Values]
"""Function from images, float32 [N, 1, 28, 28], to logits, float32 [N, 10]."""


@dataclass(frozen=True)
class Format:
    """One file format."""

    ending: str
    """End of the file name, after the checkpoint's name."""
    pack: Callable[[nn.Module, Facts], bytes]
    """Packs a network into a file's content; raises `EmnistTuiError` if the format cannot represent it."""
    load: Callable[[Path, nn.Module], Network]
    """Loads the network by the format's own reader; a weights-only format fills the given network."""
    needs: tuple[str, ...] = ()
    """Required libraries, from the extra `export`."""


def require_libraries(name: str) -> None:
    """Raise `EmnistTuiError` if a library that the format needs is not installed."""
    missing = [library for library in FORMATS[name].needs if importlib.util.find_spec(library) is None]
    if missing:
        raise EmnistTuiError(
            f"The format {name} needs {' and '.join(missing)}; install with `pip install 'emnist-tui[export]'`."
        )


def _pack_state_dict(layers: nn.Module, _facts: Facts) -> bytes:
    packed = io.BytesIO()
    torch.save(dict(layers.state_dict()), packed)
    return packed.getvalue()


def _load_state_dict(path: Path, layers: nn.Module) -> Network:
    return _with_weights(layers, torch.load(path, weights_only=True))


def _pack_safetensors(layers: nn.Module, facts: Facts) -> bytes:
    from safetensors.torch import save

    apart = {name: weight.detach().clone().contiguous() for name, weight in layers.state_dict().items()}
    packed: bytes = save(apart, {"format": "pt", **_as_text(facts)})  # which refuses tied weights
    return packed


def _load_safetensors(path: Path, layers: nn.Module) -> Network:
    from safetensors.torch import load_file

    return _with_weights(layers, load_file(path))


def _with_weights(layers: nn.Module, weights: dict[str, Tensor]) -> Network:
    layers.load_state_dict(weights)
    return _torch_network(layers)


def _torch_network(module: nn.Module) -> Network:
    def compute(images: Values) -> Values:
        with torch.inference_mode():
            return np.asarray(module(torch.from_numpy(images)).numpy(), np.float32)

    return compute


def _pack_onnx(layers: nn.Module, facts: Facts) -> bytes:
    import onnx

    images, sizes = (torch.zeros(2, 1, SIDE, SIDE),), ({0: torch.export.Dim("N")},)
    names: dict[str, Any] = {"dynamo": True, "input_names": [INPUT], "output_names": [OUTPUT], "verbose": False}
    with warnings.catch_warnings():
        # The exporter itself uses a function that its own library deprecates.
        warnings.filterwarnings("ignore", r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning)
        program = torch.onnx.export(layers, images, dynamic_shapes=sizes, **names)
        if program and not program.model_proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param:
            # Code such as `len(images)` fixes the size of the batch, except in this slower way, which reads Python's.
            strict = torch.export.export(layers, images, dynamic_shapes=sizes, strict=True)
            program = torch.onnx.export(strict, **names)
    if program is None:
        raise EmnistTuiError("torch did not export an ONNX program; choose another --format.")
    model = program.model_proto
    model.producer_name = "emnist-tui"
    model.doc_string = str(facts["input"])
    onnx.helper.set_model_props(model, _as_text(facts))
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _load_onnx(path: Path, _layers: nn.Module) -> Network:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda images: np.asarray(session.run([OUTPUT], {INPUT: images})[0], np.float32)


def _pack_torchscript(layers: nn.Module, facts: Facts) -> bytes:
    packed = io.BytesIO()
    with _torchscript():
        torch.jit.save(_script(layers), packed, _extra_files={METADATA: json.dumps(facts)})
    return packed.getvalue()


def _script(layers: nn.Module) -> torch.jit.ScriptModule:
    """Compile a network, or record one pass where its code cannot be."""
    try:
        return torch.jit.script(layers)
    except Exception:  # of many kinds
        images = torch.zeros(2, 1, SIDE, SIDE)
        traced: torch.jit.ScriptModule = torch.jit.trace(layers, images, check_trace=False)  # type: ignore[no-untyped-call]
        return traced


def _load_torchscript(path: Path, _layers: nn.Module) -> Network:
    with _torchscript():
        return _torch_network(torch.jit.load(path, map_location="cpu"))  # type: ignore[no-untyped-call]


@contextmanager
def _torchscript() -> Iterator[None]:
    """Suppress torch's advice to use another format: the user chose this one."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`torch\.jit\.\w+` is deprecated", DeprecationWarning)
        warnings.filterwarnings("ignore", category=TracerWarning)  # the result is compared instead
        yield


def _pack_json(layers: nn.Module, facts: Facts) -> bytes:
    if not isinstance(layers, nn.Sequential):
        raise EmnistTuiError("The format json is for chains of layers, not for a network of your own; choose another.")
    content = {**facts, "layers": json_format.describe_layers(layers)}
    return (json.dumps(content, allow_nan=False) + "\n").encode()


def _load_json(path: Path, _layers: nn.Module) -> Network:
    layers = json.loads(path.read_bytes())["layers"]
    return lambda images: json_format.compute_logits(layers, images)


def _as_text(facts: Facts) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in facts.items()}


FORMATS = {
    "state-dict": Format("-state-dict.pt", _pack_state_dict, _load_state_dict),
    "safetensors": Format(".safetensors", _pack_safetensors, _load_safetensors),
    "onnx": Format(".onnx", _pack_onnx, _load_onnx, ("onnx", "onnxscript", "onnxruntime")),
    "torchscript": Format(".torchscript", _pack_torchscript, _load_torchscript),
    "json": Format(".json", _pack_json, _load_json),
}
