from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.sweeps import spare_workers as spare

CPU = TrainConfig(device="cpu")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Make up a machine of 8 cores with 16 GB, without a GPU or a limit."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(spare, "_CPU_LIMIT", tmp_path / "cpu.max")
    monkeypatch.setattr(spare, "_MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(spare, "_GPU_FILES", (str(tmp_path / "gpu"),))
    (tmp_path / "meminfo").write_text("MemTotal: 32000000 kB\nMemAvailable:   16000000 kB\n")
    return tmp_path


def test_each_worker_has_a_core_and_a_run() -> None:
    assert spare.spare_workers(CPU, 5) == 5
    assert spare.spare_workers(CPU, 50) == 8


def test_a_large_machine_has_a_limit(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(300)), raising=False)
    (machine / "meminfo").write_text("")
    assert spare.spare_workers(CPU, 500) == 64


def test_threads_take_cores() -> None:
    assert spare.spare_workers(TrainConfig(device="cpu", threads=3), 50) == 2
    assert spare.spare_workers(TrainConfig(device="cpu", threads=30), 50) == 1


def test_each_worker_has_its_memory(machine: Path) -> None:
    (machine / "meminfo").write_text("MemAvailable: 4000000 kB\n")
    assert spare.spare_workers(CPU, 50) == 3


@pytest.mark.parametrize("content", ["", "MemAvailable: much kB\n", "\n:::\n"])
def test_unknown_memory_limits_nothing(machine: Path, content: str) -> None:
    (machine / "meminfo").write_text(content)
    assert spare.spare_workers(CPU, 50) == 8


@pytest.mark.parametrize(("limit", "cores"), [("max 100000", 8), ("250000 100000", 2), ("50000 100000", 1), ("x", 8)])
def test_a_container_limits_the_cores(machine: Path, limit: str, cores: int) -> None:
    (machine / "cpu.max").write_text(f"{limit}\n")
    assert spare.usable_cores() == cores


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps"])
def test_a_gpu_has_one_worker(device: str) -> None:
    assert spare.spare_workers(TrainConfig(device=device), 5) == 1


def test_automatic_devices_count_as_gpus_where_there_is_one(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert spare.spare_workers(TrainConfig(), 5) == 5
    (machine / "gpu").touch()
    assert spare.spare_workers(TrainConfig(), 5) == 1
    assert spare.spare_workers(CPU, 5) == 5
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert spare.spare_workers(TrainConfig(), 5) == 5
