"""Pickles of plain values, interpreted without the pickle module."""

import os
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

from emnist_tui.runs.checkpoint_file.archive import StoredArchive
from emnist_tui.runs.checkpoint_file.refusal import UnusualFileError
from emnist_tui.runs.checkpoint_file.unpickler import Storage, StoredTensor, unpickle
from tests.support.checkpoint_files import pack

PLAIN: list[Any] = [
    {"a": 1, "b": [1, 2.5, "text", None, True], "c": {"d": (1, (2, 3), ()), 4: -5}},
    {"large": [2**31, 2**40, -(2**40), 255, 256, 65_536]},
    {"long": list(range(5000)), "text": "é" * 70_000},
    [],
    {},
    OrderedDict(a=1, b=OrderedDict()),
]


@pytest.mark.parametrize("value", PLAIN)
def test_plain_values_are_read(value: Any) -> None:
    assert unpickle(pickle.dumps(value, 2)) == value


def test_repeated_values_are_read() -> None:
    inner = {"text": "again"}
    assert unpickle(pickle.dumps([inner, inner, ("again", "again")], 2)) == [inner, inner, ("again", "again")]


def test_tensors_stay_references() -> None:
    import torch

    content = pack({"weight": torch.zeros(3, 4).T})
    found = unpickle(StoredArchive(content).read("archive/data.pkl"))
    storage = Storage("0", np.dtype("<f4"), 12)
    assert found == {"weight": StoredTensor(storage, 0, (4, 3), (1, 4))}


class Intruder:
    def __reduce__(self) -> Any:
        return os.system, ("exit 1",)


def global_of(name: str) -> bytes:
    module, _, attribute = name.rpartition(".")
    return b"\x80\x02c" + f"{module}\n{attribute}\n".encode() + b"."


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(Intruder(), 2),
        pickle.dumps({"a": {1, 2}}, 2),
        pickle.dumps(b"bytes", 2),
        pickle.dumps({"a": 1}, 4),
        pickle.dumps({(1, 2): 3}, 2),
        pickle.dumps(OrderedDict, 2) + b"",
        global_of("os.system"),
        global_of("builtins.eval"),
        global_of("torch.serialization.load"),
        b"\x80\x02ccollections\nOrderedDict\nK\x01\x85R.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.",
        b"\x80\x02(X\x07\x00\x00\x00storageX\x01\x00\x00\x000K\x01K\x01K\x01tQ.",
        b"\x80\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000NJ\xff\xff\xff\xfftQ.",
        b"\x80\x02h\x00.",
        b"\x80\x02R.",
        b"\x80\x02t.",
        b"\x80\x02}K\x01s.",
        b"\x80\x02K\x01K\x02K\x03s.",
        b"\x80\x02X\xff\xff\xff\xff.",
        b"\x80\x02\x8a\xff.",
        b"\x80\x02X\x01\x00\x00\x00\xff.",
        b"\x80\x02cos",
        b"\x80\x02.",
        b"\x80\x02",
        b"",
    ],
)
def test_everything_else_is_refused(content: bytes) -> None:
    # A class alone is a name, which no reader takes for a value.
    try:
        found = unpickle(content)
    except UnusualFileError:
        return
    assert type(found).__name__ == "_Name"
    assert content == pickle.dumps(OrderedDict, 2)


@pytest.mark.parametrize("steps", [b"}" * 500_000, bytes(5 << 20)], ids=["many", "large"])
def test_endless_descriptions_are_refused(steps: bytes) -> None:
    with pytest.raises(UnusualFileError, match="too large"):
        unpickle(b"\x80\x02" + steps + b".")


def test_nested_references_take_no_time() -> None:
    """Tuples of tuples, each twice the one before: small in memory, endless to hash or print."""
    doubled = b"".join(b"h%ch%c\x86q%c" % (place, place, place + 1) for place in range(60))
    bomb = b"\x80\x02K\x01q\x00" + doubled
    assert isinstance(unpickle(bomb + b"."), tuple)
    with pytest.raises(UnusualFileError):
        unpickle(b"\x80\x02K\x01q\x00" + doubled + b"}h\x3cK\x01s.")
