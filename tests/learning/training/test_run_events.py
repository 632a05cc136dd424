import sys
from types import SimpleNamespace

import pytest
import torch

from emnist_tui import __version__
from emnist_tui.learning.checkpoint.format import Progress
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training.run_data import split_dataset
from emnist_tui.learning.training.run_events import run_ended, run_started, throughput
from emnist_tui.runs.config import TrainConfig
from tests.support.fake_cuda import OLD_DRIVER, FakeCuda
from tests.support.small_dataset import small_dataset

CPU = torch.device("cpu")


def test_the_first_event_describes_run_data_and_machine() -> None:
    config = TrainConfig(seed=7, validation=9, batch_size=32)
    data = split_dataset(small_dataset(train=74, test=20), config, CPU)
    started = run_started(config, data, Baseline(), CPU, 2, Progress(epoch=14, step=40, seconds=2.5))
    assert (started.train_images, started.validation_images, started.test_images) == (65, 9, 20)
    assert started.steps_per_epoch == 3  # two batches of 32 and one of 1
    assert (started.model, started.parameters, started.data) == ("baseline", 1_138, "bars")
    assert (started.device, started.threads, started.seed, started.resumed_at_step) == ("cpu", 2, 7, 40)
    assert TrainConfig(**started.config) == config
    assert started.versions["emnist_tui"] == __version__
    assert started.versions["torch"] == torch.__version__


def test_a_run_on_a_gpu_names_the_way_the_card_and_the_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    data = split_dataset(small_dataset(train=74, test=20), TrainConfig(), CPU)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setitem(sys.modules, "triton", SimpleNamespace(__version__="3.6.0"))
    with FakeCuda().installed(monkeypatch):
        on_gpu = run_started(TrainConfig(), data, Baseline(), torch.device("cuda"), 1, None, "fused kernels")
        on_cpu = run_started(TrainConfig(device="cpu"), data, Baseline(), CPU, 1, None)
    assert (on_gpu.device, on_gpu.way) == ("cuda (NVIDIA H100 80GB HBM3)", "fused kernels")
    assert on_gpu.device_uuid == "b1f0c0de-0000-4000-8000-0123456789ab"
    assert (on_gpu.versions["cuda"], on_gpu.versions["triton"], on_gpu.notice) == ("13.0", "3.6.0", None)
    assert (on_cpu.way, on_cpu.device_uuid, on_cpu.notice) == (None, None, None)
    assert on_cpu.versions["cuda"] == "13.0"
    assert "triton" not in on_cpu.versions


def test_a_cpu_build_of_torch_has_no_version_of_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    data = split_dataset(small_dataset(train=74, test=20), TrainConfig(), CPU)
    monkeypatch.setattr(torch.version, "cuda", None)
    assert "cuda" not in run_started(TrainConfig(), data, Baseline(), CPU, 1, None).versions


def test_a_card_that_auto_could_not_use_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = split_dataset(small_dataset(train=74, test=20), TrainConfig(), CPU)
    with FakeCuda(warning=OLD_DRIVER, cards=0).installed(monkeypatch):
        notice = run_started(TrainConfig(), data, Baseline(), CPU, 1, None).notice
        assert run_started(TrainConfig(device="cpu"), data, Baseline(), CPU, 1, None).notice is None
    assert notice
    assert "the NVIDIA driver is too old" in notice


def test_only_an_unfinished_epoch_has_training_time_before_a_resume() -> None:
    config = TrainConfig()
    data = split_dataset(small_dataset(train=74, test=20), config, CPU)

    def seconds(progress: Progress | None) -> float | None:
        return run_started(config, data, Baseline(), CPU, 1, progress).resumed_seconds

    assert seconds(None) is None
    assert seconds(Progress(epoch=2, step=40, seconds=2.5)) == 2.5
    assert seconds(Progress(epoch=2, step=60, seconds=2.5, evaluated=True)) == 0


def test_the_last_event_summarizes_throughput_and_metrics() -> None:
    ended = run_ended("stopped", 40, 1_280, 0.5, {"train_loss": 0.7, "test_accuracy": 0.9})
    assert (ended.reason, ended.step, ended.seconds, ended.images_per_second) == ("stopped", 40, 0.5, 2_560)
    assert (ended.train_loss, ended.train_accuracy) == (0.7, None)
    assert (ended.test_loss, ended.test_accuracy) == (None, 0.9)


def test_throughput_without_training_time_is_zero() -> None:
    assert throughput(0, 0.0) == 0
    assert throughput(10, 0.5) == 20


def test_why_steps_are_slower_is_noticed() -> None:
    dataset = small_dataset()
    data = split_dataset(dataset, TrainConfig(), CPU)
    started = run_started(TrainConfig(device="cpu"), data, Baseline(), CPU, 1, None, "autograd", ["One.", "Two."])
    assert (started.way, started.notice) == ("autograd", "One. Two.")
