"""Devices and their errors on a machine with a GPU."""

import os
import subprocess
from pathlib import Path

import pytest
import torch

from emnist_tui.learning.models.device import choose_device, describe_device, device_notice, device_uuid
from emnist_tui.runs.event_log import last_event
from emnist_tui.runs.events import RunFailed
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.session.nvml import open_card
from tests.support.call import Result
from tests.support.process import PROGRAM, environment
from tests.support.trained_run import events_of, named, weights, write_small_archive

pytestmark = [pytest.mark.cuda, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]

NETWORK = """
from pathlib import Path

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 10)

    def forward(self, images):
        logits = self.layer(images.flatten(1))
        if images.is_cuda and not self.training and Path({flag!r}).exists():
            return logits[:, torch.tensor([99], device=images.device)]  # fails on the device
        return logits
"""


def command(place: Path, *arguments: object, **variables: str) -> Result:
    words = [*PROGRAM, *map(str, arguments)]
    given = {**environment(), **variables}
    ended = subprocess.run(words, env=given, cwd=place, capture_output=True, text=True, timeout=300)
    return Result(ended.returncode, ended.stdout, ended.stderr)


def test_auto_is_the_card_and_nothing_is_doubtful() -> None:
    device = choose_device("auto")
    assert device == torch.device("cuda")
    assert describe_device(device) == f"cuda ({torch.cuda.get_device_name(0)})"
    assert device_notice("auto") is None
    last = torch.cuda.device_count() - 1
    assert choose_device(f"cuda:{last}") == torch.device("cuda", last)
    assert torch.cuda.current_device() == last
    torch.cuda.set_device(0)


def test_nvml_knows_the_card_by_torchs_identifier() -> None:
    pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed")
    uuid = device_uuid(torch.device("cuda"))
    assert uuid
    card = open_card(uuid)
    assert card is not None
    figures = card.read()
    card.close()
    assert figures.total
    assert figures.total == pytest.approx(torch.cuda.get_device_properties(0).total_memory, rel=0.1)


@pytest.mark.parametrize(
    ("device", "visible", "said"),
    [
        ("cuda", "", "CUDA_VISIBLE_DEVICES is set to nothing, which hides every GPU; unset it"),
        ("cuda", "-1", "CUDA_VISIBLE_DEVICES is set to -1, which hides every GPU; unset it"),
        ("cuda", "99", "CUDA_VISIBLE_DEVICES=99 names no GPU of this machine"),
        ("cuda:1", "0", "There is no cuda:1: CUDA sees one GPU, cuda:0"),
    ],
)
def test_a_card_that_is_not_there_is_wrong_use(device: str, visible: str, said: str, tmp_path: Path) -> None:
    archive = write_small_archive(tmp_path / "small.zip")
    result = command(tmp_path, "train", "--data", archive, "--device", device, CUDA_VISIBLE_DEVICES=visible)
    assert result.code == 2
    assert said in result.err.splitlines()[-1]
    assert "Warning" not in result.err
    assert not os.listdir(tmp_path / "checkpoints")  # noqa: PTH208


def test_a_full_card_is_one_sentence_and_leaves_no_run(tmp_path: Path) -> None:
    program = (
        "import sys, torch; from emnist_tui.learning.models.device import choose_device; choose_device('cuda'); "
        "torch.cuda.set_per_process_memory_fraction(1e-4); from emnist_tui.cli import main; "
        "sys.exit(main(sys.argv[1:]))"
    )
    words = [PROGRAM[0], "-c", program, "train", "--data", "synthetic", "--device", "cuda"]
    given = {**environment(), "EMNIST_TUI_DATA": str(tmp_path / "data")}
    ended = subprocess.run(words, env=given, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 1, ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("emnist-tui: The GPU is out of memory (")
    assert not os.listdir(tmp_path / "checkpoints")  # noqa: PTH208


def test_a_run_whose_card_breaks_is_resumed_on_the_cpu(tmp_path: Path) -> None:
    """A failed assertion of a kernel makes every later call of the process fail."""
    archive, run = write_small_archive(tmp_path / "small.zip"), RunFolder(tmp_path / "checkpoints/run")
    network = tmp_path / "net.py"
    network.write_text(NETWORK.format(flag=str(run.path / "epoch-001.pt")))
    options = ("--data", archive, "--model", f"{network}:Net", "--epochs", 3, "--name", "run")
    result = command(tmp_path, "train", *options, "--device", "cuda")
    assert result.code == 1, result.err  # not that of an abort
    assert result.err.splitlines()[-1].startswith("emnist-tui: The GPU stopped working (device-side assert triggered).")
    failed = last_event(run.events)
    assert isinstance(failed, RunFailed)
    assert failed.device == "cpu"
    assert all(weight.isfinite().all() for weight in weights(run.last_checkpoint).values())
    resumed = command(tmp_path, "train", "--resume", "run", "--model", f"{network}:Net", "--device", "cpu")
    assert resumed.code == 0, resumed.err
    assert [event["epoch"] for event in named(events_of(run), "epoch_ended")][-1] == 3
