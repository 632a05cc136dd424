"""Networks opened from checkpoint files without torch."""

from pathlib import Path

import numpy as np
import pytest
import torch

from emnist_tui.analysis.network.forward import compute_logits
from emnist_tui.analysis.network.known_graphs import known_graph
from emnist_tui.analysis.network.opening import TorchNeededError, open_network
from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint, save_checkpoint
from emnist_tui.learning.models.registry import build_model
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.models import MODELS
from tests.support.checkpoint_files import pack, weights
from tests.support.project import PROJECT

SHIPPED = [PROJECT / "checkpoints" / f"{model}-synthetic.pt" for model in ("baseline", "compact")]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_checkpoint_computes_what_torch_computes(path: Path) -> None:
    opened = open_network(path)
    loaded = load_checkpoint(path)
    assert loaded.training
    assert (opened.model, opened.epoch) == (loaded.model, loaded.training.progress.epoch)
    assert opened.step == loaded.training.progress.step
    network = build_model(loaded.model).eval()
    network.load_state_dict(loaded.state_dict)
    images = np.random.default_rng(1).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    with torch.no_grad():
        expected = network(torch.from_numpy(images)[:, None].float() / 255).numpy()
    np.testing.assert_allclose(compute_logits(opened.network, images, np.float64), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_of_the_table_opens(model: str, tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    save_checkpoint(path, Checkpoint(model, dict(build_model(model).state_dict())))
    opened = open_network(path)
    assert (opened.model, opened.network.graph) == (model, known_graph(model))
    assert (opened.epoch, opened.step, opened.needs_torch) == (None, None, False)


def test_weights_of_another_program_need_torch(tmp_path: Path) -> None:
    path = tmp_path / "foreign.pt"
    path.write_bytes(pack(weights()))
    with pytest.raises(TorchNeededError):
        open_network(path)


def test_weights_that_do_not_fit_need_torch(tmp_path: Path) -> None:
    path = tmp_path / "odd.pt"
    state = dict(build_model("baseline").state_dict())
    save_checkpoint(path, Checkpoint("baseline", state | {"layers.7.weight": torch.zeros(10, 99)}))
    with pytest.raises(TorchNeededError):
        open_network(path)


@pytest.mark.parametrize("kind", ["missing", "folder", "locked"])
def test_a_file_that_cannot_be_read_is_one_sentence(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    if kind == "folder":
        path.mkdir()
    if kind == "locked":
        path.symlink_to(path)
    with pytest.raises(EmnistTuiError, match=r"last\.pt.*\.$"):
        open_network(path)
