"""Checkpoints read without torch: what torch reads, or a refusal."""

import io
import random
import resource
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint, save_checkpoint
from emnist_tui.learning.checkpoint.own_network import OwnNetwork
from emnist_tui.learning.models.registry import build_model, load_definition
from emnist_tui.runs.checkpoint_file.reader import PlainCheckpoint, read_plain
from emnist_tui.runs.checkpoint_file.refusal import UnusualFileError
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.models import MODELS
from tests.support.checkpoint_files import pack, unpack, weights
from tests.support.damaged_files import damaged, repacked
from tests.support.own_networks import write_network
from tests.support.process import environment
from tests.support.project import PROJECT
from tests.support.slow import slow

SHIPPED = [PROJECT / "checkpoints" / f"{model}-synthetic.pt" for model in ("baseline", "compact")]
MEMORY_LIMIT = 200 << 20


def assert_same(found: PlainCheckpoint, expected: Checkpoint) -> None:
    assert found.model == expected.model
    floats = {key: value for key, value in expected.state_dict.items() if value.is_floating_point()}
    assert list(found.weights) == list(floats)
    for key, value in floats.items():
        assert found.weights[key].dtype == np.float32
        assert np.array_equal(found.weights[key], value.numpy())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_checkpoint_is_read_as_torch_reads_it(path: Path) -> None:
    found, expected = read_plain(path), load_checkpoint(path)
    assert_same(found, expected)
    training = expected.training
    assert training
    assert (found.epoch, found.step) == (training.progress.epoch, training.progress.step)
    assert (found.data, found.fingerprint) == (training.data, training.fingerprint)
    assert (found.config, found.network) == (training.config, None)


@pytest.mark.parametrize("model", MODELS)
def test_weights_without_a_run_are_read(model: str, tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    save_checkpoint(path, Checkpoint(model, dict(build_model(model).state_dict())))
    found = read_plain(path)
    assert_same(found, load_checkpoint(path))
    assert (found.epoch, found.step, found.config) == (None, None, None)


def test_the_evaluated_weights_are_read_not_those_in_training(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    content = unpack(SHIPPED[0].read_bytes())
    content["trained_weights"] = {key: value + 1 for key, value in content["state_dict"].items()}
    path.write_bytes(pack(content))
    assert np.array_equal(read_plain(path).weights["layers.0.bias"], content["state_dict"]["layers.0.bias"].numpy())


def test_a_network_of_ones_own_is_named_and_not_run(tmp_path: Path) -> None:
    name = write_network(tmp_path, "ResNet")
    definition = load_definition(name)
    assert definition.source
    network = definition.build()
    path = tmp_path / "last.pt"
    own = OwnNetwork.of(definition.source, network)
    save_checkpoint(path, Checkpoint("resnet.py:ResNet", dict(network.state_dict()), own=own))
    found = read_plain(path)
    assert (found.network, found.model) == (name, "resnet.py:ResNet")
    assert "block1.norm.num_batches_tracked" not in found.weights
    assert_same(found, load_checkpoint(path))


def test_other_views_of_memory_are_read(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    state = dict(build_model("baseline").state_dict())
    state["layers.7.weight"] = torch.rand(100, 10).double().T[:, :]
    state["layers.0.bias"] = torch.rand(6)[1:5:2]
    path.write_bytes(pack({"emnist_tui_format": 1, "model": "baseline", "state_dict": state}))
    found = read_plain(path)
    assert np.allclose(found.weights["layers.7.weight"], state["layers.7.weight"].numpy())
    assert np.array_equal(found.weights["layers.0.bias"], state["layers.0.bias"].numpy())


def changed(**entries: Any) -> bytes:
    return pack({**unpack(SHIPPED[0].read_bytes()), **entries})


def with_weight(value: Any) -> bytes:
    state = unpack(SHIPPED[0].read_bytes())["state_dict"]
    return changed(state_dict={**state, "layers.0.bias": value})


@pytest.mark.parametrize(
    "content",
    [
        pack(weights()),
        pack({"state_dict": weights()}),
        b"",
        changed(emnist_tui_format=2),
        changed(model="unknown"),
        changed(model=["baseline"]),
        changed(state_dict={}),
        changed(state_dict=[1]),
        changed(progress={"epoch": -1, "step": 1}),
        changed(progress=[]),
        changed(config={"epochs": -3}),
        changed(data=3),
        changed(network={"file": "/etc/passwd", "name": "x", "text": "", "sha256": "", "trained": []}),
        with_weight(torch.tensor([1.0, float("nan")])),
        with_weight(torch.tensor([1e300, 1.0], dtype=torch.float64)),
        with_weight(torch.zeros(1).expand(1 << 30)),
        with_weight(torch.zeros(0)),
        with_weight(torch.zeros(2, dtype=torch.complex64)),
        with_weight(torch.zeros(2).to_sparse()),
        with_weight(torch.zeros(2, device="meta")),
        with_weight([0.0, 1.0]),
        with_weight("weights"),
    ],
)
def test_unusual_files_are_left_to_torch(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.pt"
    path.write_bytes(content)
    with pytest.raises(UnusualFileError):
        read_plain(path)


def doubled() -> Any:
    """Return a tuple of tuples, each twice the one before: small in memory, endless to hash or print."""
    value: Any = 1
    for _ in range(60):
        value = value, value
    return value


NESTED: list[dict[str, Any]] = [{"model": doubled()}, {"config": {"epochs": doubled()}}, {"config": [(doubled(), 1)]}]


@pytest.mark.parametrize("entry", NESTED, ids=["model", "epochs", "pairs"])
def test_nested_entries_take_no_time(entry: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "nested.pt"
    path.write_bytes(changed(**entry))
    with pytest.raises(UnusualFileError):
        read_plain(path)
    with pytest.raises(EmnistTuiError):
        load_checkpoint(path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_large_members_are_not_unpacked(compression: int, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        archive.writestr("archive/data.pkl", bytes(60 << 20))
    path = tmp_path / "bomb.pt"
    path.write_bytes(packed.getvalue())
    with pytest.raises(UnusualFileError):
        read_plain(path)


@pytest.mark.parametrize("files", [120, *slow([1200])])
def test_damaged_files_are_refused_or_read_as_torch_reads_them(tmp_path: Path, files: int) -> None:
    content, rng, path = SHIPPED[0].read_bytes(), random.Random(5), tmp_path / "damaged.pt"
    before, read, refused = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0, 0
    for number in range(files):
        path.write_bytes(damaged(content, rng) if number % 3 == 0 else repacked(content, rng))
        try:
            found = read_plain(path)
        except UnusualFileError:
            refused += 1
            continue
        read += 1
        assert all(np.isfinite(weight).all() for weight in found.weights.values())
        try:
            expected = load_checkpoint(path)
        except EmnistTuiError:
            continue  # for what is not read here, such as the optimizer's state
        assert_same(found, expected)
    assert min(read, refused) > files / 6
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MEMORY_LIMIT


def test_damaged_descriptions_are_refused_in_no_time(tmp_path: Path) -> None:
    rng, path = random.Random(6), tmp_path / "damaged.pt"
    with zipfile.ZipFile(SHIPPED[0]) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(200):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as copy:
            for name, member in members.items():
                copy.writestr(name, damaged(member, rng) if name.endswith("data.pkl") else member)
        path.write_bytes(packed.getvalue())
        try:
            found = read_plain(path)
        except UnusualFileError:
            continue
        assert all(np.isfinite(weight).all() for weight in found.weights.values())


def test_reading_needs_neither_torch_nor_pickle() -> None:
    code = (
        "import sys; from pathlib import Path; from emnist_tui.runs.checkpoint_file.reader import read_plain as r; "
        f"r(Path({str(SHIPPED[0])!r})); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=environment())
