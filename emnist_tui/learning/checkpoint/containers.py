"""Containers of weights, read without trust.

They are told apart by their first bytes, whatever their names.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from emnist_tui.learning.checkpoint import torch_files
from emnist_tui.learning.checkpoint.refusals import HOW_TO_SAVE, damaged, foreign_class, listed
from emnist_tui.learning.checkpoint.stand_ins import ForeignClassError, StandIn
from emnist_tui.runs.errors import EmnistTuiError, UsageError

SIZE_LIMIT = 64 << 20
"""Largest file that is read, in bytes: thousands of times the baseline, and little memory."""

_OTHER_FORMATS = {
    b"\x89HDF\r\n\x1a\n": "an HDF5 file, such as Keras writes",
    b"\x1f\x8b": "compressed by gzip, which gunzip unpacks",
    b"\x80": "a pickle that torch did not write",
}


@dataclass(frozen=True)
class Content:
    """Content of a file that holds weights."""

    subject: str
    """The file in an error message, such as `mine.pt is a TorchScript program that`."""
    value: object
    """Tensors in dictionaries, lists and stand-ins."""


def read_content(path: Path) -> Content:
    """Read a file of torch, safetensors or `export --format json`.

    Raises `UsageError` if there is no such file, `EmnistTuiError` if it is damaged, too large or of another format.
    """
    data = _read(path)
    if data.startswith(b"PK"):
        return _read_archive(path, data)
    if torch_files.is_legacy(data):
        return Content(str(path), _guarded(path, lambda: torch_files.read_legacy(data)))
    if _is_safetensors(data):
        return Content(str(path), _guarded(path, lambda: _read_safetensors(data)))
    if data.startswith(b'{"producer": "emnist-tui '):
        return Content(str(path), _guarded(path, lambda: _read_json(data)))
    raise EmnistTuiError(f"{path} is {_describe(data)}; {HOW_TO_SAVE}.")


def _describe(data: bytes) -> str:
    """Describe an unreadable file, as the predicate of a sentence."""
    if data[257:262] == b"ustar":
        is_torch = data.startswith((b"sys_info", b"pickle", b"tensors", b"storages"))
        return (
            "in a format of torch before 0.2, which cannot be read safely"
            if is_torch
            else "not a PyTorch checkpoint but a tar archive, which tar -x unpacks"
        )
    if data[:1] == b"\x08" and data[2:3] == b"\x12":
        return "an ONNX network, whose weights are not read"
    kind = next((kind for start, kind in _OTHER_FORMATS.items() if data.startswith(start)), None)
    return f"not a PyTorch checkpoint but {kind}" if kind else "not a PyTorch checkpoint"


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is not a file; name a checkpoint, which ends in .pt.")
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        raise UsageError(f"There is no checkpoint {path}; `emnist-tui runs` lists the existing ones.") from None
    except OSError as error:
        raise EmnistTuiError(f"{path} cannot be read ({error.strerror}); check its name and permissions.") from None
    if len(data) > SIZE_LIMIT:
        raise _too_large(path)
    return data


def _read_archive(path: Path, data: bytes) -> Content:
    """Read an archive of `torch.save` or `torch.jit.save`.

    Raises `EmnistTuiError` for any exception that damaged bytes cause in zipfile.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if "/code/" not in member.filename]
            if not any(member.filename.endswith("/data.pkl") for member in members):
                raise EmnistTuiError(
                    f"{path} is an archive of other files ({listed(archive.namelist())}); "
                    f"unpack it and name one of them, or {HOW_TO_SAVE}."
                )
            stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
            if not stored or sum(member.file_size for member in members) > SIZE_LIMIT:
                raise _too_large(path)
            contents = {member.filename: archive.read(member) for member in members}
    except EmnistTuiError:
        raise
    except Exception as error:
        raise damaged(path, "a checksum does not match" if "CRC" in str(error) else "it may be cut short") from None
    objects = _guarded(path, lambda: torch_files.read_members(contents))
    if len(objects) == 1:
        return Content(str(path), objects[0])
    network, constants = objects
    state = network.state if isinstance(network, StandIn) else network
    attributes = state if isinstance(state, dict) else {"state": state}
    return Content(f"{path} is a TorchScript program that", {**attributes, "constants": constants})


def _is_safetensors(data: bytes) -> bool:
    return data[8:9] == b"{" and int.from_bytes(data[:8], "little") <= len(data) - 8


def _read_safetensors(data: bytes) -> dict[str, Tensor]:
    from safetensors.torch import load

    if int.from_bytes(data[:8], "little") > torch_files.PICKLE_LIMIT:
        raise torch_files.OversizeError("it describes too many tensors")
    return load(data)


def _read_json(data: bytes) -> dict[str, Tensor]:
    """Read the weights of a JSON export, by torch's names."""
    if len(data) > torch_files.PICKLE_LIMIT:
        raise torch_files.OversizeError("it is larger than a network")
    return dict(_weights(json.loads(data)["layers"], ""))


def _weights(layers: list[dict[str, Any]], prefix: str) -> Iterator[tuple[str, Tensor]]:
    for number, layer in enumerate(layers):
        for name in ("weight", "bias", "running_mean", "running_var"):
            if name in layer:
                yield f"{prefix}{number}.{name}", torch.tensor(layer[name], dtype=torch.float64)
        yield from _weights(layer.get("layers", []), f"{prefix}{number}.layers.")


def _guarded(path: Path, read: Callable[[], Any]) -> Any:
    """Call a reader of hostile bytes.

    Raises `EmnistTuiError` for any exception that they cause.
    """
    try:
        return read()
    except ForeignClassError as error:
        raise foreign_class(path, error.name) from None
    except torch_files.OversizeError as error:
        raise damaged(path, error) from None
    except torch_files.ProtocolError:
        raise EmnistTuiError(
            f"{path} was saved with another pickle protocol than torch's own; {HOW_TO_SAVE}."
        ) from None
    except Exception:
        raise EmnistTuiError(f"{path} is not a checkpoint that can be read; {HOW_TO_SAVE}.") from None


def _too_large(path: Path) -> EmnistTuiError:
    return EmnistTuiError(f"{path} is compressed or unpacks to more than {SIZE_LIMIT >> 20} MB; {HOW_TO_SAVE}.")
