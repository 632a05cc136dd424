"""Recordings that a trainer makes: the same bytes whatever interrupts it."""

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.recorded import graph_of, network_of
from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training import weight_recorder
from emnist_tui.learning.training.resume import resume
from emnist_tui.learning.training.weight_recorder import WeightRecorder
from emnist_tui.runs import weights_recording
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import Event, RunEnded, RunFailed
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.models import MODELS
from emnist_tui.runs.weights_recording import NOW, RECORDING, Recording, read_now
from tests.support.model_table import entry
from tests.support.small_dataset import at_step, of_kind, only, report_every_batch, run_until, small_dataset, start

CONFIG = TrainConfig(epochs=2, seed=3)


def opened(run: Path) -> Recording:
    recording = Recording.open(run / RECORDING)
    assert recording is not None
    return recording


def train(run: Path, config: TrainConfig = CONFIG) -> list[Event]:
    return list(start(run, small_dataset(), config).run())


def train_in_parts(run: Path, config: TrainConfig, *stops: int) -> None:
    for step in stops:
        checkpoint = resume(RunFolder(run))[1] if (run / "last.pt").exists() else None
        trainer = start(run, small_dataset(), config, checkpoint)
        run_until(trainer, at_step(step), trainer.request_stop)
    list(start(run, small_dataset(), *resume(RunFolder(run))).run())


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run have at most 10 frames."""
    monkeypatch.setattr(weight_recorder, "MOST_FRAMES", 10)


@pytest.mark.usefixtures("few")
def test_a_run_records_its_beginning_and_the_ends_of_its_epochs(tmp_path: Path) -> None:
    train(tmp_path)
    recording = opened(tmp_path)
    assert recording.steps == (0, 5, 10, 15, 20, 25, 30, 35, 40)
    assert recording.layout.model == "baseline"
    for position, file in ((4, "epoch-001.pt"), (8, "epoch-002.pt")):
        weights = recording.frame(position).weights
        for name, tensor in load_checkpoint(tmp_path / file).state_dict.items():
            np.testing.assert_array_equal(weights[name], tensor.numpy().astype(np.float16))


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("config", [CONFIG, replace(CONFIG, ema=0.9, model="compact")], ids=["plain", "averaged"])
def test_an_interrupted_run_records_the_same_bytes(
    tmp_path: Path, config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    report_every_batch(monkeypatch)
    train(tmp_path / "whole", config)
    train_in_parts(tmp_path / "parts", config, 1, 5, 13, 20, 36)
    assert (tmp_path / "parts" / RECORDING).read_bytes() == (tmp_path / "whole" / RECORDING).read_bytes()


@pytest.mark.usefixtures("few")
def test_a_killed_run_repeats_frames_after_its_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    train(tmp_path / "whole")
    for event in start(tmp_path / "parts", small_dataset(), CONFIG).run():
        if at_step(33)(event):
            break
    with (tmp_path / "parts" / RECORDING).open("ab") as file:
        file.write(b"half a frame")
    (tmp_path / "parts" / NOW).touch()
    train_in_parts(tmp_path / "parts", CONFIG)
    assert (tmp_path / "parts" / RECORDING).read_bytes() == (tmp_path / "whole" / RECORDING).read_bytes()
    assert not (tmp_path / "parts" / NOW).exists()


@pytest.mark.usefixtures("few")
def test_a_run_that_is_continued_has_as_many_frames_as_a_longer_one(tmp_path: Path) -> None:
    train(tmp_path / "whole", replace(CONFIG, epochs=4))
    train(tmp_path / "parts")
    list(start(tmp_path / "parts", small_dataset(), *resume(RunFolder(tmp_path / "parts"), 4)).run())
    assert opened(tmp_path / "parts").steps == tuple(range(0, 81, 10))
    assert (tmp_path / "parts" / RECORDING).read_bytes() == (tmp_path / "whole" / RECORDING).read_bytes()


def test_averaged_weights_are_recorded_with_their_statistics(tmp_path: Path) -> None:
    train(tmp_path, replace(CONFIG, ema=0.9, model="compact"))
    recording = opened(tmp_path)
    weights = recording.frame(-1).weights
    state = load_checkpoint(tmp_path / "last.pt").state_dict
    assert weights.keys() == state.keys()
    for name in recording.layout.statistics:
        np.testing.assert_array_equal(weights[name], state[name].numpy())
    assert any(name.endswith("running_var") for name in recording.layout.statistics)


@pytest.mark.usefixtures("few")
def test_newer_weights_are_there_between_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    monkeypatch.setattr(weight_recorder, "_NOW_EVERY", 0.0)
    trainer = start(tmp_path, small_dataset(), CONFIG)
    for event in trainer.run():
        if at_step(7)(event):
            newest = read_now(tmp_path / NOW)
            assert newest is not None
            assert newest[1].step == 7
    assert not (tmp_path / NOW).exists()


def test_newer_weights_are_written_at_times_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("emnist_tui.learning.training.weight_recorder.time.monotonic", lambda: now[0])
    recorder = WeightRecorder(RunFolder(tmp_path), TrainConfig(epochs=1), Baseline(), 64 * 4, None)
    recorder.begin()
    seen = []
    for step in range(1, 10):
        now[0] = 0.2 * step
        recorder.watch(step)
        recorder.write(step)
        newest = read_now(tmp_path / NOW)
        seen.append(newest[1].step if newest else None)
    assert seen == [None, None, 3, 3, 3, 3, 7, 7, 7]
    assert opened(tmp_path).steps == (0, 4, 8)


class Diverging(Baseline):
    """A network whose weights are not finite after some steps."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.steps = getattr(self, "steps", 0) + self.training
        return super().forward(images) * (math.nan if self.steps > 12 else 1)


def test_a_run_that_diverges_has_no_frame_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "baseline", entry(Diverging))
    events = train(tmp_path)
    assert only(events, RunFailed).cause == "diverged"
    assert opened(tmp_path).steps == tuple(range(13))
    assert not (tmp_path / NOW).exists()


def test_a_run_does_not_fail_for_its_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight_recorder, "_NOW_EVERY", 0.0)
    for name in (RECORDING, NOW):
        (tmp_path / name / "folder").mkdir(parents=True)
    events = train(tmp_path)
    assert [event.reason for event in of_kind(events, RunEnded)] == ["finished"]


def test_a_large_network_is_recorded_by_its_checkpoints_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight_recorder, "LARGEST", 10_000)
    train(tmp_path)
    assert not (tmp_path / RECORDING).exists()
    recorder = WeightRecorder(RunFolder(tmp_path), CONFIG, Baseline(), 20, None)
    assert recorder.until_due(0) == sys.maxsize


def test_a_larger_network_has_fewer_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight_recorder, "LARGEST", 30_000)
    train(tmp_path)
    assert opened(tmp_path).steps == (0, 5, 10, 15, 20, 25, 30, 35, 40)
    assert (tmp_path / RECORDING).stat().st_size < 30_000


def test_a_resumed_run_without_a_recording_begins_one(tmp_path: Path) -> None:
    train(tmp_path, replace(CONFIG, epochs=1))
    (tmp_path / RECORDING).unlink()
    list(start(tmp_path, small_dataset(), *resume(RunFolder(tmp_path), 2)).run())
    assert opened(tmp_path).steps == tuple(range(20, 41))


class Masked(nn.Module):
    """A network with a mask, a counter and a frozen weight."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)
        self.register_buffer("mask", torch.tensor([0.0, -math.inf]))


def test_counters_and_masks_are_left_out(tmp_path: Path) -> None:
    recorder = WeightRecorder(RunFolder(tmp_path), CONFIG, Masked(), 20, None)
    recorder.begin()
    recorder.close(0)
    layout = opened(tmp_path).layout
    assert layout.weights == {"frozen": (2,), "norm.weight": (3,), "norm.bias": (3,)}
    assert layout.statistics == {"norm.running_mean": (3,), "norm.running_var": (3,)}


def test_the_graph_of_a_model_is_recorded(tmp_path: Path) -> None:
    train(tmp_path)
    recording = opened(tmp_path)
    image = small_dataset().test.images[0].numpy()
    passed = examine(network_of(recording.layout, recording.frame(-1)), image)
    network = Baseline()
    network.load_state_dict(load_checkpoint(tmp_path / "last.pt").state_dict)
    with torch.no_grad():
        logits = network.eval()(scale(torch.from_numpy(image)[None]))[0]
    np.testing.assert_allclose(passed.logits, logits.numpy(), atol=0.05)


def test_the_graph_of_a_network_of_ones_own_is_traced(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    recorder = WeightRecorder(RunFolder(tmp_path), replace(CONFIG, model=f"{tmp_path}/own.py:Net"), network, 20, None)
    recorder.begin()
    recorder.close(0)
    layout = opened(tmp_path).layout
    assert layout.model != "baseline"
    assert [node.operation for node in graph_of(layout).nodes] == ["flatten", "linear"]


def test_a_network_that_cannot_be_traced_is_recorded_nonetheless(tmp_path: Path) -> None:
    recorder = WeightRecorder(RunFolder(tmp_path), replace(CONFIG, model=f"{tmp_path}/own.py:Net"), Masked(), 20, None)
    recorder.begin()
    recorder.close(0)
    assert (opened(tmp_path).graph, opened(tmp_path).steps) == ([], (0,))


class Renamed(nn.Sequential):
    """A network whose state dict has other names than its modules."""

    def __init__(self) -> None:
        super().__init__(nn.Flatten(), nn.Linear(784, 10))
        self.register_state_dict_post_hook(self._rename)  # type: ignore[no-untyped-call]

    @staticmethod
    def _rename(_: nn.Module, state: dict[str, Any], *__: object) -> None:
        state["renamed"] = state.pop("1.weight")


def test_tensors_that_are_not_found_are_left_out(tmp_path: Path) -> None:
    recorder = WeightRecorder(RunFolder(tmp_path), CONFIG, Renamed(), 20, None)
    recorder.begin()
    recorder.close(0)
    assert opened(tmp_path).layout.weights == {"1.bias": (10,)}


class LateEvent:
    """An event of a device that is a step behind the host."""

    def __init__(self) -> None:
        self.is_over = False

    def query(self) -> bool:
        return self.is_over

    def synchronize(self) -> None:
        self.is_over = True


def test_weights_on_their_way_from_a_device_are_written_when_they_arrive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weight_recorder, "_NOW_EVERY", 0.0)
    recorder = WeightRecorder(RunFolder(tmp_path), CONFIG, Baseline(), 20, None)
    recorder.begin()
    late: list[LateEvent] = []
    taken: Any = weight_recorder._Snapshot

    def late_snapshot(step: int, values: torch.Tensor, is_frame: bool, _: None) -> Any:
        late.append(LateEvent())
        return taken(step, values, is_frame, late[-1])

    monkeypatch.setattr(weight_recorder, "_Snapshot", late_snapshot)
    for step in (1, 2, 3):
        recorder.watch(step)
    recorder.write(3)
    assert opened(tmp_path).steps == (0,)
    late[0].is_over = True
    recorder.write(3)
    assert opened(tmp_path).steps == (0, 1)
    recorder.write(2, wait=True)
    assert opened(tmp_path).steps == (0, 1, 2)
    recorder.close(3)
    assert opened(tmp_path).steps == (0, 1, 2, 3)


def test_frames_have_the_documented_size() -> None:
    network = Baseline()
    recorder = WeightRecorder(RunFolder(Path()), CONFIG, network, 20, None)
    assert recorder._layout.frame_size == 2 * 1138 + 12
    assert weights_recording.MOST_FRAMES * recorder._layout.frame_size < 690_000


def test_frames_are_written_at_times_and_before_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1.0]
    monkeypatch.setattr("emnist_tui.learning.training.weight_recorder.time.monotonic", lambda: now[0])
    recorder = WeightRecorder(RunFolder(tmp_path), CONFIG, Baseline(), 20, None)
    recorder.begin()
    found = []
    for step, moment in ((1, 1.0), (2, 1.2), (3, 1.6), (4, 1.7)):
        now[0] = moment
        recorder.watch(step)
        recorder.write(step)
        found.append(opened(tmp_path).steps[-1])
    recorder.write(4, wait=True)
    assert [*found, opened(tmp_path).steps[-1]] == [1, 1, 3, 3, 4]
