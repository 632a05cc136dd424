from collections.abc import Iterator

import pytest
import torch

from emnist_tui.learning.models.device import choose_device, choose_threads, describe_device
from emnist_tui.runs.errors import UsageError

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _restored_settings() -> Iterator[None]:
    threads, deterministic = torch.get_num_threads(), torch.backends.cudnn.deterministic
    yield
    torch.set_num_threads(threads)
    torch.backends.cudnn.deterministic = deterministic


@pytest.mark.parametrize(
    ("name", "is_available", "chosen"),
    [("auto", False, "cpu"), ("auto", True, "cuda"), ("cpu", True, "cpu"), ("cuda", True, "cuda")],
)
def test_auto_is_cuda_where_available(
    name: str, is_available: bool, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: is_available)
    assert choose_device(name).type == chosen


def test_unavailable_cuda_is_wrong_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="CUDA is not available"):
        choose_device("cuda")


def test_unknown_device_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="auto, cpu or cuda"):
        choose_device("tpu")


def test_gpu_is_described_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA T4")
    assert describe_device(torch.device("cuda")) == "cuda (NVIDIA T4)"
    assert describe_device(CPU) == "cpu"


def test_one_thread_is_the_default() -> None:
    assert choose_threads(2, CPU) == 2
    assert torch.get_num_threads() == 2
    assert choose_threads(None, CPU) == 1
    assert torch.get_num_threads() == 1
