"""Torch's zip, legacy and TorchScript files: read whole, and refused before they allocate or run anything."""

import io
import pickle
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch import _weights_only_unpickler as restricted

from emnist_tui.learning.checkpoint import torch_files
from emnist_tui.learning.checkpoint.format import load_checkpoint
from tests.support.checkpoint_files import ForeignBaseline, assert_holds, load, pack, refusal, weights

RIGHT = weights(1)

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")


def legacy(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "wrap",
    [
        lambda weights: weights,
        lambda weights: {"initial": {k: w + 1 for k, w in weights.items()}, "state_dict": weights},
        lambda weights: {"model": weights, "path": Path("a"), "history": [0.1, 0.2]},
        lambda weights: {name: nn.Parameter(weight) for name, weight in weights.items()},
    ],
)
def test_legacy_files_are_read(tmp_path: Path, wrap: Callable[[Any], Any]) -> None:
    assert_holds(load(tmp_path, legacy(wrap(RIGHT))), RIGHT)


def test_views_of_one_storage_are_read(tmp_path: Path) -> None:
    flat = torch.cat([weight.flatten() for weight in RIGHT.values()])
    parts = torch.split(flat, [weight.numel() for weight in RIGHT.values()])
    views = {name: part.view(RIGHT[name].shape) for name, part in zip(RIGHT, parts, strict=True)}
    for save in (pack, legacy):
        assert_holds(load(tmp_path, save({**views, "extra": flat[3:3]})), RIGHT)


class Wrapped(nn.Module):
    """A network within a network, with a buffer and a list of numbers."""

    sizes: list[int]
    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.inner = ForeignBaseline()
        self.register_buffer("mean", torch.tensor(0.5))
        self.sizes = [1, 2]
        self.inner.load_state_dict(RIGHT)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.inner(images - self.mean)
        return logits


def script(network: nn.Module, *, freeze: bool = False, trace: bool = False) -> bytes:
    network.eval()
    program: Any = torch.jit.trace(network, torch.rand(1, 1, 28, 28)) if trace else torch.jit.script(network)  # type: ignore[no-untyped-call]
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.freeze(program) if freeze else program, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("options", "key"), [({}, ""), ({"trace": True}, ""), ({"freeze": True}, "constants")], ids=str
)
def test_weights_of_torchscript_programs_are_read(tmp_path: Path, options: dict[str, bool], key: str) -> None:
    checkpoint = load(tmp_path, script(Wrapped(), **options))
    assert_holds(checkpoint, RIGHT)
    assert checkpoint.key in (key, "inner")


def test_a_torchscript_program_that_does_not_fit_is_named(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, script(nn.Sequential(nn.Flatten(), nn.Linear(784, 10))))
    assert "is a TorchScript program that does not match the baseline model" in sentence
    assert "is a TorchScript program that holds no weights" in refusal(tmp_path, script(nn.Flatten()))


class Loud(nn.Module):
    """A program that runs when it is loaded by `torch.jit.load`."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(3))
        self.training = False

    @torch.jit.export
    def __getstate__(self) -> tuple[Tensor, bool]:
        return self.bias, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[Tensor, bool]) -> None:
        print("the file ran")
        self.bias = state[0]  # type: ignore[assignment]
        self.training = state[1]

    def forward(self, images: Tensor) -> Tensor:
        return images + self.bias


def test_a_torchscript_program_is_not_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = script(Loud())
    capfd.readouterr()
    torch.jit.load(io.BytesIO(data))  # type: ignore[no-untyped-call]
    assert "the file ran" in capfd.readouterr().out
    assert "is a TorchScript program" in refusal(tmp_path, data)
    assert capfd.readouterr() == ("", "")


def test_torch_is_asked_for_weights_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    read = torch.load

    def watch(*arguments: Any, **options: Any) -> Any:
        asked.append(options["weights_only"])
        return read(*arguments, **options)

    monkeypatch.setattr(torch, "load", watch)
    for data in (pack(RIGHT), legacy(RIGHT), script(Wrapped())):
        load(tmp_path, data)
    assert asked
    assert all(given is True for given in asked)


@pytest.mark.parametrize("protocol", [0, 1, 3, 4, 5])
def test_other_pickle_protocols_are_read_or_named(tmp_path: Path, protocol: int) -> None:
    buffer = io.BytesIO()
    torch.save(RIGHT, buffer, pickle_protocol=protocol)
    if protocol == 3:
        assert_holds(load(tmp_path, buffer.getvalue()), RIGHT)
    else:
        refusal(tmp_path, buffer.getvalue())
    if protocol > 3:
        assert "another pickle protocol than torch's own" in refusal(tmp_path, buffer.getvalue())


def with_pickle(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(packed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, change(content) if name.endswith("data.pkl") else content)
    return packed.getvalue()


SEVEN = torch.arange(7, dtype=torch.float32)
HUGE = b"\x8a\x05\x00\x00\x00\x00\x10"  # LONG1 of 1 << 36


def replaced(save: Callable[[object], bytes], old: bytes, new: bytes) -> bytes:
    """Return a saved tensor of seven numbers whose pickle claims something else."""
    data = save({"weight": SEVEN})
    changed = with_pickle(data, lambda content: content.replace(old, new)) if save is pack else data.replace(old, new)
    assert len(changed) > len(data) or new in changed
    return changed


@pytest.mark.parametrize(("save", "end"), [(pack, b"t"), (legacy, b"Nt")], ids=["zip", "legacy"])
@pytest.mark.parametrize("claim", [HUGE, b"K\x08", b"J\xff\xff\xff\xff", b"\x8a\x09\0\0\0\0\0\0\0\0\1"], ids=repr)
def test_claimed_storages_are_refused_before_they_are_allocated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save: Callable[[object], bytes], end: bytes, claim: bytes
) -> None:
    data = replaced(save, b"K\x07" + end, claim + end)
    if not (save is legacy and claim == b"K\x08"):  # a legacy file is only bounded by its size
        monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("torch would allocate"))
    refusal(tmp_path, data)


@pytest.mark.parametrize("save", [pack, legacy])
def test_a_tensor_larger_than_its_storage_is_refused(tmp_path: Path, save: Callable[[object], bytes]) -> None:
    refusal(tmp_path, replaced(save, b"K\x07\x85", HUGE + b"\x85"))


def test_many_small_claims_of_a_legacy_file_are_added_up(tmp_path: Path) -> None:
    data = legacy([torch.zeros(7) for _ in range(50)])
    changed = data.replace(b"K\x07Nt", b"M\xff\x00Nt")
    assert "its tensors are larger than the file" in refusal(tmp_path, changed)


def calls(function: bytes, argument: bytes, count: int, ending: bytes) -> bytes:
    """Return a pickle that calls a function many times with one large argument."""
    one = b"c" + function + b"\nq\x01"
    return b"\x80\x02" + one + argument + b"q\x02" + b"](" + (b"h\x01h\x02" + ending) * count + b"e."


LARGE = b"](" + b"".join(b"J" + number.to_bytes(4, "little") for number in range(20_000)) + b"e"
DOUBLED = b"X\xff\xff\0\0" + b"a" * 65_535
GROWN = (
    b"\x80\x02c_codecs\nencode\nq\x01"
    + DOUBLED
    + b"X\x06\0\0\0latin1\x86R"
    + b"q\x02"
    + (b"h\x01h\x02X\x03\0\0\0hex\x86Rq\x02" * 40 + b".")
)


@pytest.mark.parametrize(
    "content",
    [
        GROWN,
        calls(b"__builtin__\nset", LARGE, 5_000, b"\x85R"),
        calls(b"_codecs\nencode", DOUBLED, 5_000, b"X\x05\0\0\0utf-8\x86R"),
        calls(b"torch\nSize", LARGE, 5_000, b"\x85R"),
        calls(b"__builtin__\nbytearray", b"J\xff\xff\xff\x7f", 1, b"\x85R"),
    ],
    ids=["doubled again and again", "sets", "texts", "sizes", "a bytearray"],
)
def test_a_small_pickle_cannot_fill_the_memory(tmp_path: Path, content: bytes) -> None:
    tracemalloc.start()
    try:
        refusal(tmp_path, with_pickle(pack(SEVEN), lambda _: content))
        assert tracemalloc.get_traced_memory()[1] < 300 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("place", [1, 2, 4])
def test_every_pickle_of_a_legacy_file_is_checked(tmp_path: Path, place: int) -> None:
    data = io.BytesIO(legacy({"weight": SEVEN}))
    parts = []
    for _ in range(5):
        start = data.tell()
        restricted.get_globals_in_pkl(data)
        parts.append(data.getvalue()[start : data.tell()])
    parts[place] = b"\x80\x02c__builtin__\nbytearray\nJ\xff\xff\xff\x7f\x85R."
    sentence = refusal(tmp_path, b"".join(parts) + data.read())
    assert "builtins.bytearray" in sentence


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.99])
def test_truncated_legacy_files_are_refused(tmp_path: Path, share: float) -> None:
    data = legacy(RIGHT)
    refusal(tmp_path, data[: int(len(data) * share)])


def test_a_pickle_of_too_many_objects_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_files, "PICKLE_LIMIT", 10_000)
    for save in (pack, legacy):
        assert "too large" in refusal(tmp_path, save({"weights": RIGHT, "junk": [[] for _ in range(20_000)]}))
        assert_holds(load(tmp_path, save({"weights": RIGHT})), RIGHT)


def test_members_that_only_torch_would_see_are_dropped(tmp_path: Path) -> None:
    data = io.BytesIO(pack(RIGHT))
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("archive/code/evil.py", "raise SystemExit")
        archive.writestr("../../outside", "x")
    assert_holds(load(tmp_path, data.getvalue()), RIGHT)
    assert {path.name for path in tmp_path.iterdir()} == {"some.pt"}


def test_the_oldest_format_and_plain_pickles_are_named(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("storages"))
    assert "in a format of torch before 0.2" in refusal(tmp_path, packed.getvalue())
    assert "not a PyTorch checkpoint but a pickle" in refusal(tmp_path, pickle.dumps([1, 2]))


def test_a_zip_of_two_checkpoints_of_one_name_is_refused(tmp_path: Path) -> None:
    data = io.BytesIO(pack({"a": SEVEN}))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(data, "a") as archive:
        archive.writestr("archive/data/0", b"short")
    refusal(tmp_path, data.getvalue())


def test_files_without_a_suffix_of_torch_are_read(tmp_path: Path) -> None:
    for name in ("a.pth", "b.ckpt", "c.bin", "d.model", "e"):
        (tmp_path / name).write_bytes(pack(RIGHT))
        assert_holds(load_checkpoint(tmp_path / name), RIGHT)
