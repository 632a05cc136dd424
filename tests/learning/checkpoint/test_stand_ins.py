"""Objects beside the weights: ignored where they are inert, named where they are not."""

import argparse
import collections
import datetime
import decimal
import fractions
import io
import os
import pathlib
import sys
import types
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.support.checkpoint_files import ForeignBaseline, assert_holds, load, pack, refusal, weights

RIGHT = weights(1)


@dataclass
class Settings:
    rate: float = 0.1
    name: str = "mine"
    inner: object = None


@dataclass(frozen=True)
class Slotted:
    __slots__ = ("rate",)
    rate: float


class Kind(Enum):
    CONV = 1


class Holder:
    def __init__(self, value: object) -> None:
        self.value = value


class Mine(dict[str, Any]):
    pass


class Program:
    """An object whose pickle asks for a call that would leave a mark."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self._call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self._call


HARMLESS: dict[str, Any] = {
    "numpy scalars": {"acc": np.float64(0.97), "epoch": np.int64(3), "done": np.True_, "loss": np.float32(1)},
    "numpy arrays": {"history": np.arange(6.0).reshape(2, 3), "words": np.array(["a", "b"]), "empty": np.zeros(0)},
    "object arrays": {"list": np.array([1, "a", None], object)},
    "structured arrays": {"table": np.zeros(3, [("a", "f4"), ("b", "i8")])},
    "a numpy generator's state": {"state": np.random.RandomState(0).get_state()},
    "a namespace": argparse.Namespace(lr=0.1, path=pathlib.Path("data"), names=["a"]),
    "a simple namespace": types.SimpleNamespace(lr=0.1),
    "paths": [pathlib.Path("a"), pathlib.PurePosixPath("b"), pathlib.PureWindowsPath("c")],
    "a defaultdict": collections.defaultdict(list, a=[1]),
    "a nested defaultdict": collections.defaultdict(dict, a=collections.defaultdict(int, b=1)),
    "an ordered dict": collections.OrderedDict(a=1),
    "a counter": collections.Counter("abc"),
    "a deque": collections.deque([1, 2], maxlen=5),
    "dates": [datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC), datetime.date(2020, 1, 2), datetime.timedelta(1)],
    "sets": [{1, 2}, frozenset({3})],
    "numbers": [decimal.Decimal("1.5"), fractions.Fraction(1, 3), 1 + 2j, 1 << 100, -1, b"bytes", range(3), slice(1)],
    "an identifier": uuid.UUID(int=5),
    "types": [int, float, str, list, dict],
    "torch's version": torch.__version__,
    "torch's own values": [torch.float16, torch.Size([1, 2]), torch.device("cpu"), torch.strided],
    "a dataclass": Settings(inner=Settings()),
    "a slotted dataclass": Slotted(0.1),
    "an object": Holder([1, Holder(2)]),
    "a loss function": nn.CrossEntropyLoss(),
    "tensors of other types": [torch.zeros(3, dtype=torch.bool), torch.zeros(2, dtype=torch.complex64)],
}


@pytest.mark.parametrize("name", list(HARMLESS))
def test_harmless_extras_are_ignored(tmp_path: Path, name: str) -> None:
    extra = HARMLESS[name]
    assert_holds(load(tmp_path, pack({"extra": extra, "state_dict": RIGHT})), RIGHT)
    assert_holds(load(tmp_path, pack({**RIGHT, "extra": extra})), RIGHT)


def test_an_optimizer_object_is_ignored(tmp_path: Path) -> None:
    optimizer = torch.optim.SGD(ForeignBaseline().parameters(), lr=0.1, momentum=0.9)
    checkpoint = load(tmp_path, pack({"trainer": optimizer, "net": RIGHT}))
    assert_holds(checkpoint, RIGHT)
    assert checkpoint.other_keys == ()


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_weights_in_numpy_arrays_are_read(tmp_path: Path, dtype: str, order: Any) -> None:
    halves = {name: weight.half().float() for name, weight in RIGHT.items()}
    arrays = {name: np.array(weight.numpy(), dtype, order=order) for name, weight in halves.items()}
    assert_holds(load(tmp_path, pack({"params": arrays})), halves)


def edited(data: bytes, old: bytes, new: bytes) -> bytes:
    """Return a torch file whose pickle has other bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(packed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(old, new) if name.endswith("data.pkl") else content)
    return packed.getvalue()


def test_an_array_with_too_few_bytes_is_refused(tmp_path: Path) -> None:
    data = pack({"a": np.arange(7, dtype="u1")})
    assert "is damaged" in refusal(tmp_path, edited(data, b"K\x07\x85", b"K\xc8\x85"))


@pytest.mark.parametrize(
    ("extra", "name"),
    [
        (Program(exec, "raise SystemExit('the file ran')"), "builtins.exec"),
        (Program(eval, "1"), "builtins.eval"),
        (Program(print, "the file ran"), "builtins.print"),
        (Program(bytearray, 10), "builtins.bytearray"),
        (Program(torch.Tensor, 10), "torch.Tensor"),
        (Program(torch.hub.load, "a", "b"), "torch.hub.load"),
        (Program(__import__, "this"), "builtins.__import__"),
        (Program(getattr, 1, "real"), "builtins.getattr"),
        (Program(np.zeros, 10), "numpy.zeros"),
        (Kind.CONV, f"{__name__}.Kind"),
        (Mine(a=1), f"{__name__}.Mine"),
        (ForeignBaseline(), "ForeignBaseline"),
        (Holder(torch.zeros(3)), f"{__name__}.Holder"),
        (Holder([{"a": np.zeros(3)}]), f"{__name__}.Holder"),
    ],
)
def test_what_is_not_inert_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], extra: object, name: str
) -> None:
    for content in ({"state_dict": RIGHT, "extra": extra}, {"extra": [extra], **RIGHT}, extra):
        sentence = refusal(tmp_path, pack(content))
        assert name in sentence
        assert sentence.endswith(
            "which could run code, so it was not loaded; save one with `torch.save(model.state_dict(), path)`."
        )
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform == "win32", reason="os.system has another name on Windows")
def test_a_command_in_a_file_is_named_and_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    assert "posix.system" in refusal(tmp_path, pack({**RIGHT, "extra": Program(os.system, f"touch {mark}")}))
    assert not mark.exists()


def test_allowed_names_are_forgotten_after_loading(tmp_path: Path) -> None:
    before = set(torch.serialization.get_safe_globals())
    load(tmp_path, pack({"state_dict": RIGHT, "args": argparse.Namespace(a=1)}))
    refusal(tmp_path, pack({"state_dict": RIGHT, "args": Program(print)}))
    assert set(torch.serialization.get_safe_globals()) == before


def test_classes_of_a_file_are_not_imported(tmp_path: Path) -> None:
    module = __name__.encode()
    absent = b"absent".ljust(len(module), b"x")
    data = edited(pack({"state_dict": RIGHT, "extra": Settings()}), module, absent)
    assert absent in data
    assert_holds(load(tmp_path, data), RIGHT)
    assert absent.decode() not in sys.modules
