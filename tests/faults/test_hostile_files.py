"""Hostile files: refused in one sentence, without running code or leaving files."""

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
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.data.emnist.install import import_data
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.runs.checkpoint_file.reader import read_plain
from emnist_tui.runs.checkpoint_file.refusal import UnusualFileError
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder
from tests.faults.harness import ForkServer
from tests.support.damaged_files import damaged, repacked
from tests.support.emnist_files import draw_arrows, encode_files, write_archive
from tests.support.scripted_runs import evaluation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FILES = 1_000
MEMORY_LIMIT = 500 << 20
"""Bytes by which the process may grow, far below the files' claims."""


class Intruder:
    """An object whose pickle would create a file."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self._mark}",)


def peak_memory() -> int:
    """Return the peak resident bytes of this process."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def intruding(content: bytes, mark: Path) -> bytes:
    """Return a checkpoint whose pickle would run a command."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(packed, "w") as copy:
        for name in archive.namelist():
            member = archive.read(name)
            copy.writestr(name, pickle.dumps(Intruder(mark)) if name.endswith("data.pkl") else member)
    return packed.getvalue()


def odd_checkpoint(rng: random.Random) -> bytes:
    """Return a checkpoint with weights of wrong type, shape or value."""
    weights: dict[Any, Any] = dict(Baseline().state_dict())
    name = rng.choice(list(weights))
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
    weights[name] = rng.choice(kinds)(weights[name])
    packed = io.BytesIO()
    torch.save({"state_dict": weights} if rng.random() < 0.3 else weights, packed)
    return packed.getvalue()


def other_container(rng: random.Random) -> bytes:
    """Return weights as safetensors, or in torch's old format."""
    weights, packed = Baseline().state_dict(), io.BytesIO()
    if rng.random() < 0.5:
        return save(weights)
    torch.save({"state_dict": weights}, packed, _use_new_zipfile_serialization=False)
    return packed.getvalue()


def bomb(name: str, rng: random.Random) -> bytes:
    """Return a small archive that unpacks to as much as 300 MB."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=True) as member,
    ):
        for _ in range(rng.choice([70, 300])):
            member.write(bytes(1 << 20))
    return packed.getvalue()


def test_hostile_checkpoints_are_refused_in_one_sentence(
    uninterrupted: RunFolder, tmp_path: Path, rng: random.Random
) -> None:
    content = uninterrupted.last_checkpoint.read_bytes()
    mark, path = tmp_path / "intruded", tmp_path / "hostile.pt"
    makers: list[Callable[[], bytes]] = [
        lambda: damaged(content, rng),
        lambda: repacked(content, rng),
        lambda: repacked(content, rng, zipfile.ZIP_DEFLATED),
        lambda: odd_checkpoint(rng),
        lambda: damaged(odd_checkpoint(rng), rng),
        lambda: damaged(other_container(rng), rng),
        lambda: intruding(content, mark),
        lambda: pickle.dumps(Intruder(mark)),
    ]
    bombs = [bomb("archive/data.pkl", rng) for _ in range(3)]
    before, sentences = peak_memory(), []
    for number in range(FILES):
        path.write_bytes(bombs[number] if number < len(bombs) else makers[number % len(makers)]())
        with suppress(UnusualFileError):
            assert all(np.isfinite(weight).all() for weight in read_plain(path).weights.values())
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
    assert peak_memory() - before < MEMORY_LIMIT


NAMES = [
    "../../escaped",
    "/tmp/escaped",
    "gzip/../../escaped",
    "C:\\escaped",
    "gzip/\x1b[31m",
    "a" * 300,
    "\u202egnp.exe",
]


def hostile_member(content: bytes, rng: random.Random) -> bytes:
    """Return an invalid IDX file, compressed."""
    plain = bytearray(content)
    match rng.randrange(6):
        case 0:
            plain[0:4] = struct.pack(">I", rng.randrange(1 << 32))
        case 1:
            plain[4:8] = struct.pack(">I", rng.choice([0, 1, (1 << 32) - 1, 1 << 31, 999_999]))
        case 2:
            plain[8:16] = struct.pack(">II", rng.randrange(1 << 32), rng.randrange(1 << 32))
        case 3:
            del plain[rng.randrange(len(plain)) :]
        case 4:
            plain += bytes(rng.randrange(1, 100))
        case 5:
            plain[-1] = 255
    packed = gzip.compress(bytes(plain), 1)
    return damaged(packed, rng) if rng.random() < 0.2 else packed


def hostile_archive(files: dict[str, bytes], rng: random.Random) -> bytes:
    """Return an archive in the official layout with at least one defect."""
    packed = io.BytesIO()
    broken = rng.choice([*files, None])
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            member = hostile_member(content, rng) if name == broken else gzip.compress(content, 1)
            info = zipfile.ZipInfo(f"{rng.choice(['gzip', '..', '/abs', 'a/b/../..'])}/{name}.gz")
            if rng.random() < 0.1:
                info.external_attr = 0o120777 << 16  # a symbolic link
                member = b"/etc/passwd"
            if rng.random() < 0.95:
                archive.writestr(info, member)
        archive.writestr(rng.choice(NAMES), b"escaped")
    content = packed.getvalue()
    return damaged(content, rng) if rng.random() < 0.3 else content


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_hostile_archives_are_refused_in_one_sentence(tmp_path: Path, rng: random.Random) -> None:
    files = encode_files(*draw_arrows(60, 0), *draw_arrows(20, 1))
    home = tmp_path / "home"
    home.mkdir()
    path, root = home / "hostile.zip", tmp_path / "data"
    before, sentences = peak_memory(), []
    for _ in range(FILES):
        path.write_bytes(hostile_archive(files, rng))
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
    assert peak_memory() - before < MEMORY_LIMIT


def test_damaged_evaluations_are_refused_in_one_sentence(tmp_path: Path, rng: random.Random) -> None:
    path = tmp_path / "evaluation.npz"
    evaluation().save(path)
    content, sentences = path.read_bytes(), []
    for number in range(FILES // 2):
        path.write_bytes(damaged(content, rng) if number % 2 else repacked(content, rng))
        try:
            Evaluation.load(path)
        except EmnistTuiError as error:
            sentences.append(str(error))
    assert len(sentences) > FILES / 10
    assert not any("\n" in sentence for sentence in sentences)


def test_the_harness_detects_code_that_runs(uninterrupted: RunFolder, tmp_path: Path) -> None:
    """A planted defect: a reader that trusts the file."""
    path, mark = tmp_path / "hostile.pt", tmp_path / "intruded"
    path.write_bytes(intruding(uninterrupted.last_checkpoint.read_bytes(), mark))
    torch.load(path, weights_only=False)
    assert mark.exists()


def test_commands_report_hostile_files_in_one_sentence(
    fork_server: ForkServer, uninterrupted: RunFolder, tmp_path: Path, rng: random.Random
) -> None:
    content = uninterrupted.last_checkpoint.read_bytes()
    path = tmp_path / "hostile [bold]\x1b[31m\n.pt"
    for number in range(12):
        path.write_bytes(damaged(content, rng) if number % 2 else odd_checkpoint(rng))
        for command in (
            ("evaluate", path),
            ("errors", path),
            ("explain", path, "--index", 0),
            ("compare", path, uninterrupted.last_checkpoint),
        ):
            assert fork_server.run(*command, "--checkpoints", tmp_path) in (0, 1)
    write_archive(tmp_path / "small.zip", *draw_arrows(60, 0), *draw_arrows(20, 1))
    archive = (tmp_path / "small.zip").read_bytes()
    for _ in range(12):
        (tmp_path / "small.zip").write_bytes(damaged(archive, rng))
        assert fork_server.run("train", "--data", tmp_path / "small.zip", "--checkpoints", tmp_path, "--epochs", 1) in (
            0,
            1,
        )
    assert fork_server.run("runs", "--checkpoints", tmp_path) == 0
    assert "Traceback" not in fork_server.output
    assert "Unexpected" not in fork_server.output
    assert "\x1b" not in fork_server.output
