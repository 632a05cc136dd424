"""Containers other than torch's own: safetensors, our JSON, and those that are named and refused."""

import gzip
import io
import json
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import save

from emnist_tui.learning.checkpoint import torch_files
from emnist_tui.learning.export import json_format
from emnist_tui.learning.models.baseline import Baseline
from tests.support.checkpoint_files import assert_holds, load, refusal, weights

RIGHT = weights(1)


def safetensors(header: Any, data: bytes = b"") -> bytes:
    packed = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(packed)) + packed + data


def test_safetensors_are_read(tmp_path: Path) -> None:
    assert_holds(load(tmp_path, save(RIGHT)), RIGHT)
    assert_holds(
        load(tmp_path, save({name: weight.clone() for name, weight in RIGHT.items()}, {"format": "pt"})), RIGHT
    )


def test_safetensors_of_two_networks_are_told_apart_by_prefix(tmp_path: Path) -> None:
    both = {f"model.{k}": w for k, w in RIGHT.items()} | {f"initial.{k}": w for k, w in weights(2).items()}
    checkpoint = load(tmp_path, save(both))
    assert_holds(checkpoint, RIGHT)
    assert (checkpoint.key, checkpoint.other_keys) == ("model", ("initial",))


def test_half_precision_safetensors_are_converted(tmp_path: Path) -> None:
    halves = {name: weight.bfloat16() for name, weight in RIGHT.items()}
    assert_holds(load(tmp_path, save(halves)), {name: weight.float() for name, weight in halves.items()})


@pytest.mark.parametrize(
    "data",
    [
        safetensors({"w": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 4]}}, bytes(4)),
        safetensors({"w": {"dtype": "F32", "shape": [1 << 62, 8], "data_offsets": [0, 4]}}, bytes(4)),
        safetensors({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 400]}}, bytes(4)),
        safetensors({"w": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, bytes(4)),
        safetensors({"w": {"dtype": "F7", "shape": [1], "data_offsets": [0, 4]}}, bytes(4)),
        safetensors({"w": {}}, bytes(4)),
        safetensors(b"{" * 1000),
        safetensors(b'{"w": ' + b"[" * 100_000),
        save(RIGHT)[:-1],
        save(RIGHT)[:300],
    ],
)
def test_damaged_safetensors_are_refused(tmp_path: Path, data: bytes) -> None:
    refusal(tmp_path, data)


def test_a_header_of_too_many_tensors_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_files, "PICKLE_LIMIT", 100)
    assert "it describes too many tensors" in refusal(tmp_path, save(RIGHT))


def exported(**changes: Any) -> bytes:
    layers = json_format.describe_layers(Baseline().layers)
    return (json.dumps({"producer": "emnist-tui 1", "layers": layers} | changes) + "\n").encode()


@pytest.mark.parametrize(
    "data",
    [
        exported(layers=[]),
        exported(layers=3),
        exported(layers=[{"weight": "text"}]),
        exported(layers=[{"weight": [[1], [2, 3]]}]),
        exported(layers=[3]),
        exported()[:-100],
        b'{"producer": "emnist-tui 1", "layers": ' + b"[" * 100_000,
        b'{"some": "json"}',
    ],
    ids=["no layers", "a number", "no layer", "ragged", "a number as layer", "cut short", "deep", "other JSON"],
)
def test_damaged_json_is_refused(tmp_path: Path, data: bytes) -> None:
    refusal(tmp_path, data)


def archived(kind: str) -> bytes:
    """Return an archive with a checkpoint in it."""
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("mine.pt", b"weights")
    else:
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("mine.pt"))
    return buffer.getvalue()


def npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, a=np.zeros(3))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "not a PyTorch checkpoint but an HDF5 file"),
        (gzip.compress(b"weights"), "not a PyTorch checkpoint but compressed by gzip, which gunzip unpacks"),
        (b"\x08\x0a\x12\x07pytorch" + bytes(100), "is an ONNX network, whose weights are not read"),
        (npz(), "is an archive of other files (a.npy); unpack it and name one of them"),
        (archived("zip"), "is an archive of other files (mine.pt); unpack it and name one of them"),
        (archived("tar"), "not a PyTorch checkpoint but a tar archive, which tar -x unpacks"),
        (b"sys_info".ljust(257, b"\0") + b"ustar", "is in a format of torch before 0.2"),
        (b"\x00" * 300, "is not a PyTorch checkpoint;"),
    ],
    ids=["HDF5", "gzip", "ONNX", "npz", "zip", "tar", "old torch", "zeros"],
)
def test_other_formats_are_named(tmp_path: Path, data: bytes, words: str) -> None:
    assert words in refusal(tmp_path, data)
