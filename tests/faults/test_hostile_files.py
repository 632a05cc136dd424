"""Files from outside: whatever is in them, one sentence or a sound result, no code run, no file where none belongs."""

import gzip
import io
import os
import pickle
import random
import resource
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.data.emnist.install import import_data
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder
from tests.faults.harness import Nursery
from tests.support.emnist_files import draw_arrows, encode_files, write_archive
from tests.support.scripted_runs import evaluation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FILES = 1_000
MOST_MEMORY = 500 << 20
"""Bytes by which the process may grow, far below what the files claim to hold."""


class Intruder:
    """A pickle that would make a file."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self._mark}",)


def peak_memory() -> int:
    """Bytes that this process ever had."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Cut, flipped, overwritten, or put together anew."""
    data = bytearray(content)
    place = chance.randrange(len(data))
    match chance.randrange(5):
        case 0:
            del data[place:]
        case 1:
            for _ in range(chance.randint(1, 20)):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case 2:
            end = min(len(data), place + chance.randint(1, 400))
            data[place:end] = chance.randbytes(end - place)
        case 3:
            length = chance.randint(1, 400)
            data[place:place] = data[place : place + length]
        case 4:
            del data[place : place + chance.randint(1, 400)]
    return bytes(data)


def repacked(content: bytes, chance: random.Random, compression: int = zipfile.ZIP_STORED) -> bytes:
    """A sound archive of which one member is damaged, so that the damage gets past the checksums."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(packed, "w", compression) as copy:
        names = archive.namelist()
        chosen = chance.choice(names)
        for name in names:
            member = archive.read(name)
            copy.writestr(name, damaged(member, chance) if name == chosen and member else member)
    return packed.getvalue()


def intruding(content: bytes, mark: Path) -> bytes:
    """A checkpoint whose pickle would run a command."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(packed, "w") as copy:
        for name in archive.namelist():
            member = archive.read(name)
            copy.writestr(name, pickle.dumps(Intruder(mark)) if name.endswith("data.pkl") else member)
    return packed.getvalue()


def odd_checkpoint(chance: random.Random) -> bytes:
    """Of weights that are of the wrong kind or shape, no numbers, or claimed to be huge."""
    weights: dict[Any, Any] = dict(Baseline().state_dict())
    name = chance.choice(list(weights))
    kinds: list[Callable[[torch.Tensor], Any]] = [
        lambda weight: weight * float("nan"),
        lambda weight: weight / 0,
        lambda weight: weight.to(torch.complex64),
        lambda weight: weight.to(torch.int64),
        lambda weight: weight.to(torch.float64),
        lambda weight: weight.to_sparse(),
        lambda weight: weight[None],
        lambda weight: weight.flatten()[:1].expand(1 << 30),
        lambda weight: weight.to("meta"),
        lambda weight: weight.tolist(),
        lambda _: torch.empty(0),
        lambda _: "weights",
        lambda _: None,
    ]
    weights[name] = chance.choice(kinds)(weights[name])
    packed = io.BytesIO()
    torch.save({"state_dict": weights} if chance.random() < 0.3 else weights, packed)
    return packed.getvalue()


def bomb(name: str, chance: random.Random) -> bytes:
    """A small archive of a member that unpacks to as much as 300 MB of zeros."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=True) as member,
    ):
        for _ in range(chance.choice([70, 300])):
            member.write(bytes(1 << 20))
    return packed.getvalue()


def test_checkpoints(straight: RunFolder, tmp_path: Path, chance: random.Random) -> None:
    content = straight.last_checkpoint.read_bytes()
    mark, path = tmp_path / "intruded", tmp_path / "hostile.pt"
    makers: list[Callable[[], bytes]] = [
        lambda: damaged(content, chance),
        lambda: repacked(content, chance),
        lambda: repacked(content, chance, zipfile.ZIP_DEFLATED),
        lambda: odd_checkpoint(chance),
        lambda: damaged(odd_checkpoint(chance), chance),
        lambda: intruding(content, mark),
        lambda: pickle.dumps(Intruder(mark)),
    ]
    bombs = [bomb("archive/data.pkl", chance) for _ in range(3)]
    before, sentences = peak_memory(), []
    for number in range(FILES):
        path.write_bytes(bombs[number] if number < len(bombs) else makers[number % len(makers)]())
        try:
            loaded = load_checkpoint(path)
        except EmnistTuiError as error:
            sentences.append(str(error))
        else:
            assert all(weight.isfinite().all() for weight in loaded.state_dict.values())
    assert len(sentences) > FILES / 2
    assert not any("\n" in sentence for sentence in sentences)
    assert not mark.exists()
    assert {file.name for file in tmp_path.iterdir()} == {"hostile.pt"}
    assert peak_memory() - before < MOST_MEMORY


NAMES = [
    "../../escaped",
    "/tmp/escaped",
    "gzip/../../escaped",
    "C:\\escaped",
    "gzip/\x1b[31m",
    "a" * 300,
    "\u202egnp.exe",
]


def hostile_member(content: bytes, chance: random.Random) -> bytes:
    """One IDX file as it should not be, compressed."""
    plain = bytearray(content)
    match chance.randrange(6):
        case 0:
            plain[0:4] = struct.pack(">I", chance.randrange(1 << 32))
        case 1:
            plain[4:8] = struct.pack(">I", chance.choice([0, 1, (1 << 32) - 1, 1 << 31, 999_999]))
        case 2:
            plain[8:16] = struct.pack(">II", chance.randrange(1 << 32), chance.randrange(1 << 32))
        case 3:
            del plain[chance.randrange(len(plain)) :]
        case 4:
            plain += bytes(chance.randrange(1, 100))
        case 5:
            plain[-1] = 255
    packed = gzip.compress(bytes(plain), 1)
    return damaged(packed, chance) if chance.random() < 0.2 else packed


def hostile_archive(files: dict[str, bytes], chance: random.Random) -> bytes:
    """An archive in the official shape, with one thing or more that is wrong."""
    packed = io.BytesIO()
    broken = chance.choice([*files, None])
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            member = hostile_member(content, chance) if name == broken else gzip.compress(content, 1)
            info = zipfile.ZipInfo(f"{chance.choice(['gzip', '..', '/abs', 'a/b/../..'])}/{name}.gz")
            if chance.random() < 0.1:
                info.external_attr = 0o120777 << 16  # a symbolic link
                member = b"/etc/passwd"
            if chance.random() < 0.95:
                archive.writestr(info, member)
        archive.writestr(chance.choice(NAMES), b"escaped")
    content = packed.getvalue()
    return damaged(content, chance) if chance.random() < 0.3 else content


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_and_idx_files(tmp_path: Path, chance: random.Random) -> None:
    files = encode_files(*draw_arrows(60, 0), *draw_arrows(20, 1))
    home = tmp_path / "home"
    home.mkdir()
    path, root = home / "hostile.zip", tmp_path / "data"
    before, sentences = peak_memory(), []
    for _ in range(FILES):
        path.write_bytes(hostile_archive(files, chance))
        try:
            import_data(path, root)
        except EmnistTuiError as error:
            sentences.append(str(error))
        assert {file.name for file in tmp_path.iterdir()} <= {"home", "data"}
        assert [file.name for file in home.iterdir()] == ["hostile.zip"]
    assert FILES / 3 < len(sentences) < FILES
    assert not any("\n" in sentence for sentence in sentences)
    installed = {file.name for file in (root / "EMNIST" / "raw").iterdir()}
    assert installed <= {*files, "emnist-digits.json", ".emnist-digits.lock"}
    assert peak_memory() - before < MOST_MEMORY


def test_evaluations(tmp_path: Path, chance: random.Random) -> None:
    path = tmp_path / "evaluation.npz"
    evaluation().save(path)
    content, sentences = path.read_bytes(), []
    for number in range(FILES // 2):
        path.write_bytes(damaged(content, chance) if number % 2 else repacked(content, chance))
        try:
            Evaluation.load(path)
        except EmnistTuiError as error:
            sentences.append(str(error))
    assert len(sentences) > FILES / 10
    assert not any("\n" in sentence for sentence in sentences)


def test_the_harness_finds_code_that_is_run(straight: RunFolder, tmp_path: Path) -> None:
    """A planted defect: a reader that trusts what it reads."""
    path, mark = tmp_path / "hostile.pt", tmp_path / "intruded"
    path.write_bytes(intruding(straight.last_checkpoint.read_bytes(), mark))
    torch.load(path, weights_only=False)
    assert mark.exists()


def test_the_commands_say_one_sentence(
    nursery: Nursery, straight: RunFolder, tmp_path: Path, chance: random.Random
) -> None:
    """The same through the command line, a few of each."""
    content = straight.last_checkpoint.read_bytes()
    path = tmp_path / "hostile [bold]\x1b[31m\n.pt"
    for number in range(12):
        path.write_bytes(damaged(content, chance) if number % 2 else odd_checkpoint(chance))
        for command in (("evaluate", path), ("errors", path), ("compare", path, straight.last_checkpoint)):
            assert nursery.run(*command, "--checkpoints", tmp_path) in (0, 1)
    write_archive(tmp_path / "small.zip", *draw_arrows(60, 0), *draw_arrows(20, 1))
    archive = (tmp_path / "small.zip").read_bytes()
    for _ in range(12):
        (tmp_path / "small.zip").write_bytes(damaged(archive, chance))
        assert nursery.run("train", "--data", tmp_path / "small.zip", "--checkpoints", tmp_path, "--epochs", 1) in (
            0,
            1,
        )
    assert nursery.run("runs", "--checkpoints", tmp_path) == 0
    assert "Traceback" not in nursery.words
    assert "Unexpected" not in nursery.words
    assert "\x1b" not in nursery.words
