from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from emnist_tui.learning.training.distributed import leader
from emnist_tui.learning.training.distributed.leader import device_of
from emnist_tui.runs import events as happened
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Desired, ask_for, ask_for_learning_rate, ask_for_save
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.events import Event
from tests.support.small_dataset import at_step, kinds, of_kind, only, report_every_batch, run_until, small_dataset
from tests.support.thread_ranks import trainer_of_ranks


def train_and(
    act: Callable[[Path], object], path: Path, monkeypatch: pytest.MonkeyPatch, **values: object
) -> list[Event]:
    """Train by two ranks, and act on control.json after step 2."""
    report_every_batch(monkeypatch)
    config = TrainConfig(epochs=1, batch_size=100, **values)  # type: ignore[arg-type]
    with trainer_of_ranks(2, path, small_dataset(630), config, monkeypatch) as training:
        return run_until(training, at_step(2), lambda: act(training.folder.control))


def test_a_stop_is_obeyed_by_all_after_one_more_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = train_and(lambda control: ask_for(control, Desired.STOP), tmp_path, monkeypatch)
    ended = only(events, happened.RunEnded)
    assert (ended.reason, ended.step) == ("stopped", 3)


def test_a_save_and_a_learning_rate_reach_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def act(control: Path) -> None:
        ask_for_save(control)
        ask_for_learning_rate(control, 0.002)

    events = train_and(act, tmp_path, monkeypatch)
    assert only(events, happened.LearningRateChanged).step == 3
    assert of_kind(events, happened.CheckpointSaved)[0].file == "step-000003.pt"
    assert only(events, happened.RunEnded).reason == "finished"


def test_a_pause_tells_the_others_to_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    def act(control: Path) -> None:
        ask_for(control, Desired.PAUSE)
        monkeypatch.setattr("emnist_tui.learning.training.trainer.time.sleep", lambda seconds: wait(seconds, control))

    def wait(seconds: float, control: Path) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            ask_for(control, Desired.RUN)

    events = train_and(act, tmp_path, monkeypatch)
    assert kinds(events)[1:4] == [happened.Paused, happened.CheckpointSaved, happened.Resumed]
    assert only(events, happened.RunEnded).reason == "finished"


def test_a_validation_split_is_evaluated_by_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = TrainConfig(epochs=2, batch_size=100, validation=130, seed=3)
    for size in (1, 2):
        with trainer_of_ranks(size, tmp_path / str(size), small_dataset(), config, monkeypatch) as training:
            events = list(training.run())
    found = of_kind(events, happened.Evaluated)
    assert [(each.split, each.images) for each in found] == [("validation", 130)] * 2 + [("test", 200)]
    one, two = (torch.load(tmp_path / str(size) / "last.pt", weights_only=True)["metrics"] for size in (1, 2))
    assert one == two


def test_ranks_that_do_not_pay_are_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for batch_size, expected in ((64, "Several ranks are not faster at batch size 64"), (65, None)):
        config = TrainConfig(epochs=1, batch_size=batch_size)
        with trainer_of_ranks(2, tmp_path, small_dataset(70, 10), config, monkeypatch) as training:
            started = only(list(training.run()), happened.RunStarted)
        assert (started.notice or "").startswith(expected or "")
        assert (started.notice is None) == (expected is None)
        assert started.way == "batch innermost, 2 ranks"


def test_each_rank_has_its_own_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert device_of("cpu", 1, 2) == "cpu"
    for kind, expected in (("cpu", "cpu"), ("cuda", "cuda:1")):
        monkeypatch.setattr(leader, "choose_device", lambda _, kind=kind: torch.device(kind))
        assert device_of("auto", 1, 2) == expected
    assert device_of("cuda", 1, 2) == "cuda:1"
    assert device_of("cuda:3", 0, 1) == "cuda:3"


@pytest.mark.parametrize("name", ["cuda:0", "mps"])
def test_one_gpu_is_not_shared(name: str) -> None:
    with pytest.raises(UsageError, match=f"^The device {name} cannot be used by ranks; choose cpu, or cuda"):
        device_of(name, 0, 2)
