"""The files that a network is exported to: how each is packed, and how its own reader computes logits from it."""

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

from emnist_tui.learning.export import json_format
from emnist_tui.runs.errors import EmnistTuiError

INPUT, OUTPUT = "images", "logits"
METADATA = "emnist-tui.json"
"""The name of what is told of a network within a TorchScript file."""

Facts: TypeAlias = dict[str, Any]
"""What is told of a network wherever a format has room for it: text, numbers and lists by name."""
Values: TypeAlias = NDArray[np.float32]
Network: TypeAlias = Callable[[Values], Values]
"""Logits, float32 [N, 10], of images float32 [N, 1, 28, 28]."""


@dataclass(frozen=True)
class Format:
    """One kind of file."""

    ending: str
    """Of the file's name, after the run's."""
    pack: Callable[[nn.Sequential, Facts], bytes]
    """The file's content. Raises `EmnistTuiError` when the format cannot hold the network."""
    load: Callable[[Path, nn.Sequential], Network]
    """The network in a file, by the format's own reader; a format of weights alone puts them into the layers given."""
    needs: tuple[str, ...] = ()
    """Libraries of the extra `export`."""


def refuse_missing(name: str) -> None:
    """Raises `EmnistTuiError` when a library that the format needs is not installed."""
    missing = [library for library in FORMATS[name].needs if importlib.util.find_spec(library) is None]
    if missing:
        raise EmnistTuiError(
            f"The format {name} needs {' and '.join(missing)}, not installed here; get it by "
            "`pip install 'emnist-tui[export]'`."
        )


def _pack_state_dict(layers: nn.Sequential, _facts: Facts) -> bytes:
    packed = io.BytesIO()
    torch.save(dict(layers.state_dict()), packed)
    return packed.getvalue()


def _load_state_dict(path: Path, layers: nn.Sequential) -> Network:
    return _with_weights(layers, torch.load(path, weights_only=True))


def _pack_safetensors(layers: nn.Sequential, facts: Facts) -> bytes:
    from safetensors.torch import save

    packed: bytes = save(layers.state_dict(), {"format": "pt", **_as_text(facts)})
    return packed


def _load_safetensors(path: Path, layers: nn.Sequential) -> Network:
    from safetensors.torch import load_file

    return _with_weights(layers, load_file(path))


def _with_weights(layers: nn.Sequential, weights: dict[str, Tensor]) -> Network:
    layers.load_state_dict(weights)
    return _torch_network(layers)


def _torch_network(module: nn.Module) -> Network:
    def answer(images: Values) -> Values:
        with torch.inference_mode():
            return np.asarray(module(torch.from_numpy(images)).numpy(), np.float32)

    return answer


def _pack_onnx(layers: nn.Sequential, facts: Facts) -> bytes:
    import onnx

    with warnings.catch_warnings():
        # The exporter itself uses what its own library deprecates.
        warnings.filterwarnings("ignore", r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning)
        program = torch.onnx.export(
            layers,
            (torch.zeros(2, 1, 28, 28),),
            dynamo=True,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("N")},),
            verbose=False,
        )
    if program is None:
        raise EmnistTuiError("torch exported no ONNX program; choose another --format.")
    model = program.model_proto
    model.producer_name = "emnist-tui"
    model.doc_string = str(facts["input"])
    onnx.helper.set_model_props(model, _as_text(facts))
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _load_onnx(path: Path, _layers: nn.Sequential) -> Network:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda images: np.asarray(session.run([OUTPUT], {INPUT: images})[0], np.float32)


def _pack_torchscript(layers: nn.Sequential, facts: Facts) -> bytes:
    packed = io.BytesIO()
    with _torchscript():
        torch.jit.save(torch.jit.script(layers), packed, _extra_files={METADATA: json.dumps(facts)})
    return packed.getvalue()


def _load_torchscript(path: Path, _layers: nn.Sequential) -> Network:
    with _torchscript():
        return _torch_network(torch.jit.load(path, map_location="cpu"))  # type: ignore[no-untyped-call]


@contextmanager
def _torchscript() -> Iterator[None]:
    """Without torch's advice to use another format: this one was asked for."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`torch\.jit\.\w+` is deprecated", DeprecationWarning)
        yield


def _pack_json(layers: nn.Sequential, facts: Facts) -> bytes:
    described = {**facts, "layers": json_format.describe_layers(layers)}
    return (json.dumps(described, allow_nan=False) + "\n").encode()


def _load_json(path: Path, _layers: nn.Sequential) -> Network:
    layers = json.loads(path.read_bytes())["layers"]
    return lambda images: json_format.compute_logits(layers, images)


def _as_text(facts: Facts) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in facts.items()}


FORMATS = {
    "state-dict": Format("-state-dict.pt", _pack_state_dict, _load_state_dict),
    "safetensors": Format(".safetensors", _pack_safetensors, _load_safetensors, ("safetensors",)),
    "onnx": Format(".onnx", _pack_onnx, _load_onnx, ("onnx", "onnxscript", "onnxruntime")),
    "torchscript": Format(".torchscript", _pack_torchscript, _load_torchscript),
    "json": Format(".json", _pack_json, _load_json),
}
