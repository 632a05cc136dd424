"""Devices that fail: one sentence, the right exit code, and a run that goes on on the CPU."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from emnist_tui.runs.folder import RunFolder
from tests.cuda.conftest import ON_CARD
from tests.cuda.runs import Command, finished, has_saved_epoch, started, training_of
from tests.support.call import Result, check_refused
from tests.support.process import Process, spawn


@ON_CARD
def test_too_little_memory_for_a_new_run_is_one_sentence(
    tmp_path: Path, archive: Path, own_network: Callable[[str], str], device: str
) -> None:
    options = ("--data", archive, "--device", device, "--model", own_network("Huge"), "--batch-size", 128)
    result = ended(Command(tmp_path / "runs", options).start("full"))
    check_refused(result, 1, "memory")


@ON_CARD
def test_a_run_that_ran_out_of_memory_goes_on_on_the_cpu(
    tmp_path: Path, archive: Path, own_network: Callable[[str], str], device: str
) -> None:
    model = own_network("huge_later")
    options = ("--data", archive, "--device", device, "--model", model, "--epochs", 2000)
    command = Command(tmp_path / "runs", options, again=("--model", model))
    run, process = command.run("full"), command.start("full")
    process.wait_until(lambda: has_saved_epoch(run), 90)
    (tmp_path / "full").touch()
    result = ended(process)
    check_refused(result, 1, "memory")
    step = training_of(run).progress.step
    epochs = training_of(run).progress.epoch + 1
    finished(command.resume("full", "--device", "cpu", "--epochs", epochs))
    assert started(run)[-1].resumed_at_step == step
    assert training_of(run).progress.epoch == epochs


@pytest.mark.parametrize(
    ("device", "visible"), [("cuda", ""), ("cuda", "99"), ("cuda:99", None)], ids=["no card", "no such card", "cuda:99"]
)
@pytest.mark.slow
def test_a_card_that_is_not_there_is_wrong_use(tmp_path: Path, device: str, visible: str | None) -> None:
    check_absent(tmp_path, device, visible)


@ON_CARD
def test_cards_that_are_not_there_beside_one_that_is(tmp_path: Path, device: str) -> None:
    check_absent(tmp_path, "cuda:99", None)
    check_absent(tmp_path, device, "")


def check_absent(root: Path, device: str, visible: str | None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if visible is not None:
            patch.setenv("CUDA_VISIBLE_DEVICES", visible)
        result = ended(spawn("train", "--checkpoints", root, "--data", "synthetic", "--device", device))
    check_refused(result, 2, "cpu")


@ON_CARD
def test_auto_is_the_cpu_where_no_card_is_visible(tmp_path: Path, archive: Path, device: str) -> None:
    assert os.environ.get("CUDA_VISIBLE_DEVICES") != "", f"{device} is visible"
    run = RunFolder(tmp_path / "runs" / "hidden")
    options = ("--data", archive, "--device", "auto", "--epochs", 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        finished(Command(tmp_path / "runs", options).start("hidden"))
    assert started(run)[0].device == "cpu"


def ended(process: Process) -> Result:
    out, err = process.popen.communicate(timeout=120)
    return Result(process.popen.returncode, out, err)
