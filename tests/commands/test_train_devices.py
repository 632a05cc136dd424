"""`emnist-tui train` where the device fails."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from emnist_tui.runs import launch
from emnist_tui.runs.event_log import last_event
from emnist_tui.runs.events import RunFailed
from emnist_tui.runs.folder import RunFolder
from tests.support.call import Call, check_refused
from tests.support.fake_cuda import ILLEGAL_ACCESS, OLD_DRIVER, OUT_OF_MEMORY, FakeCuda
from tests.support.process import PROGRAM, environment
from tests.support.trained_run import (
    EPOCHS,
    Trained,
    events_of,
    named,
    same_weights,
    train_arguments,
    weights,
)

FAULTS = [
    (
        torch.OutOfMemoryError,
        OUT_OF_MEMORY,
        "The GPU is out of memory (180.00 MiB wanted, 54.31 MiB of 79.11 GiB free).",
    ),
    (torch.AcceleratorError, ILLEGAL_ACCESS, "The GPU stopped working (an illegal memory access was encountered)."),
    (RuntimeError, ILLEGAL_ACCESS, "The GPU stopped working (an illegal memory access was encountered)."),
]
"""Kind and message of errors, and what is said about them."""


@contextmanager
def broken(owner: Any, name: str, error: Exception, is_due: Callable[[], bool]) -> Iterator[None]:
    """Make an entry point of torch fail from a certain time on."""
    working = getattr(owner, name)

    def fail(*arguments: Any, **options: Any) -> Any:
        if is_due():
            raise error
        return working(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, fail)
        yield


@pytest.mark.parametrize(
    ("owner", "name"),
    [(torch.Tensor, "isfinite"), (torch, "get_rng_state")],
    ids=["after a batch", "while a checkpoint is made"],
)
@pytest.mark.parametrize(("kind", "message", "said"), FAULTS, ids=["memory", "accelerator", "runtime"])
def test_a_failed_device_costs_nothing_but_the_time_since_the_last_checkpoint(
    kind: type[Exception],
    message: str,
    said: str,
    owner: Any,
    name: str,
    call: Call,
    root: Path,
    archive: Path,
    trained: Trained,
) -> None:
    run = RunFolder(root / "run")
    with broken(owner, name, kind(message), lambda: (run.path / "epoch-002.pt").exists()):
        result = call(*train_arguments(archive, root, "--epochs", EPOCHS, "--name", "run"))
    check_refused(result, 1, said, "`emnist-tui train --resume run --device cpu`")
    assert "--batch-size" in result.err or kind is not torch.OutOfMemoryError
    failed = last_event(run.events)
    assert isinstance(failed, RunFailed)
    assert (failed.error, failed.device) == (said, "cpu")
    assert len(named(events_of(run), "run_failed")) == 1
    assert kind.__name__ in run.log.read_text()  # with its traceback, for a report
    assert torch.load(run.last_checkpoint, weights_only=True)["progress"]["epoch"] == 2
    assert not list(run.path.glob("*.tmp*"))
    assert call("train", "--resume", "run", "--device", "cpu").code == 0
    assert same_weights(weights(run.last_checkpoint), weights(trained.run.last_checkpoint))


def test_a_full_card_at_loading_leaves_no_run(call: Call, root: Path, archive: Path) -> None:
    with broken(torch.Tensor, "to", torch.OutOfMemoryError(OUT_OF_MEMORY), lambda: True):
        result = call(*train_arguments(archive, root, "--name", "run"))
    check_refused(
        result, 1, "The GPU is out of memory", "Train with --device cpu, or train with a smaller --batch-size"
    )
    assert list(root.iterdir()) == []


def test_a_failed_device_in_an_evaluation_is_one_sentence(call: Call, copied: RunFolder) -> None:
    with broken(torch, "split", torch.AcceleratorError(ILLEGAL_ACCESS), lambda: True):
        for command in (["evaluate", "first"], ["errors", "first"], ["compare", "first", "first"]):
            check_refused(call(*command), 1, "The GPU stopped working (an illegal memory access", "use --device cpu")


def test_auto_goes_on_on_the_cpu_beside_an_old_driver(
    call: Call, root: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeCuda(warning=OLD_DRIVER, cards=0).installed(monkeypatch):
        result = call("train", "--data", archive, "--epochs", 1, "--name", "run")
        assert result.code == 0
        assert "cpu, 1 thread, seed 0. CUDA is not available, so the CPU is used: the NVIDIA driver is" in result.err
        assert "UserWarning" not in result.err
        (started,) = named(events_of(RunFolder(root / "run")), "run_started")
        assert started["device"] == "cpu"
        assert "supports CUDA 11.4 only" in started["notice"]
        evaluated = call("evaluate", "run", "--json")
        assert evaluated.code == 0
        assert "CUDA is not available, so the CPU is used" in evaluated.err
        check_refused(
            call("train", "--resume", "run", "--epochs", 2, "--device", "cuda"), 2, "the NVIDIA driver is too"
        )


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is available")
def test_a_run_of_a_gpu_is_resumed_on_the_cpu_as_exactly_as_one_of_the_cpu(
    call: Call, root: Path, copied: RunFolder, trained: Trained, archive: Path
) -> None:
    """What a GPU leaves in a checkpoint is its name and the state of its random generator."""
    for path in copied.path.glob("*.pt"):
        content = torch.load(path, weights_only=True)
        content["config"]["device"] = "cuda:1"
        content["random"]["cuda"] = torch.arange(16, dtype=torch.uint8)
        torch.save(content, path)
    before = copied.last_checkpoint.read_bytes()
    longer = ("train", "--resume", "first", "--epochs", EPOCHS + 1)
    check_refused(call(*longer), 2, "CUDA is not available", "use --device cpu")
    assert copied.last_checkpoint.read_bytes() == before
    assert call(*longer, "--device", "cpu").code == 0
    assert call(*train_arguments(archive, root, "--epochs", EPOCHS + 1, "--name", "straight")).code == 0
    assert same_weights(weights(copied.last_checkpoint), weights(root / "straight/last.pt"))
    resumed = torch.load(copied.last_checkpoint, weights_only=True)
    assert (resumed["config"]["device"], [*resumed["random"]]) == ("cpu", ["cpu"])


def test_a_launched_trainer_without_its_device_names_one_that_works(
    call: Call, copied: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "is_launched", lambda _: True)
    with FakeCuda(warning=OLD_DRIVER, cards=0).installed(monkeypatch):
        result = call("train", "--resume", "first", "--epochs", EPOCHS + 1, "--device", "cuda")
    check_refused(result, 2, "CUDA is not available")
    failed = last_event(copied.events)
    assert isinstance(failed, RunFailed)
    assert failed.device == "cpu"


def test_a_device_of_another_name_is_wrong_use(call: Call, root: Path, copied: RunFolder, archive: Path) -> None:
    check_refused(call("train", "--data", archive, "--device", "gpu"), 2, "must be auto, cpu, cuda, cuda:N or mps")
    for command in (["evaluate", "first"], ["compare", "first", "first"], ["report", "first", "--output", "x"]):
        check_refused(call(*command, "--device", "gpu"), 2, "must be auto, cpu, cuda, cuda:N or mps, not 'gpu'")
    assert [run.name for run in root.iterdir()] == ["first"]


@pytest.mark.parametrize("visible", ["", "-1"])
def test_hidden_cards_are_wrong_use_in_a_process_of_its_own(visible: str, place: Path, archive: Path) -> None:
    command = [*PROGRAM, "train", "--data", str(archive), "--device", "cuda"]
    given = {**environment(), "CUDA_VISIBLE_DEVICES": visible}
    ended = subprocess.run(command, env=given, cwd=place, capture_output=True, text=True, timeout=100)
    is_built = torch.backends.cuda.is_built()  # type: ignore[no-untyped-call]
    reason = "which hides every GPU" if is_built else "this PyTorch is built for the CPU only"
    said = [line for line in ended.stderr.splitlines() if not line.endswith("…")]
    assert ended.returncode == 2
    assert len(said) == 1
    assert said[0].startswith("emnist-tui: CUDA is not available: ")
    assert reason in said[0]
    assert ended.stdout == ""
    assert not os.listdir(place / "checkpoints")  # noqa: PTH208
