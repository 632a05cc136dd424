"""Devices: what each name means, and why one cannot be used."""

from collections.abc import Iterator

import pytest
import torch

from emnist_tui.learning.models.device import (
    choose_device,
    choose_threads,
    describe_device,
    device_notice,
    device_uuid,
)
from emnist_tui.runs.errors import UsageError
from tests.support.fake_cuda import NO_KERNEL, OLD_DRIVER, OUT_OF_MEMORY, FakeCuda

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCuda]:
    fake = FakeCuda()
    with fake.installed(monkeypatch):
        yield fake


@pytest.fixture(autouse=True)
def _restored_threads() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def refusal(name: str) -> str:
    """Return the one sentence with which a device is refused."""
    with pytest.raises(UsageError) as refused:
        choose_device(name)
    sentence = str(refused.value)
    assert sentence.endswith("use --device cpu.")
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("name", "cards", "chosen"),
    [("auto", 0, "cpu"), ("auto", 1, "cuda"), ("cpu", 1, "cpu"), ("cuda", 1, "cuda"), ("cuda:1", 2, "cuda:1")],
)
def test_auto_is_cuda_where_available(name: str, cards: int, chosen: str, cuda: FakeCuda) -> None:
    cuda.cards = cards
    assert str(choose_device(name)) == chosen
    assert device_notice(name) is None
    assert torch.backends.cudnn.deterministic is chosen.startswith("cuda")
    assert torch.backends.cudnn.allow_tf32 is not chosen.startswith("cuda")
    assert cuda.chosen == ([1] if name == "cuda:1" else [])


def test_a_card_beyond_the_last_is_refused_by_their_number(cuda: FakeCuda) -> None:
    assert "There is no cuda:1: CUDA sees one GPU, cuda:0; " in refusal("cuda:1")
    cuda.cards = 4
    assert "There is no cuda:7: CUDA sees 4 GPUs, cuda:0 to cuda:3; " in refusal("cuda:7")


def test_another_card_may_be_broken(cuda: FakeCuda) -> None:
    cuda.cards, cuda.errors[0] = 2, torch.AcceleratorError("CUDA error: uncorrectable ECC error encountered")
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    assert "the GPU stopped working (uncorrectable ECC error encountered)" in refusal("cuda:0")


def test_a_cpu_build_has_no_cuda(cuda: FakeCuda) -> None:
    cuda.is_built = False
    assert refusal("cuda").startswith("CUDA is not available: this PyTorch is built for the CPU only; install a CUDA")
    assert choose_device("auto") == CPU
    assert device_notice("auto") is None  # nobody expected a GPU


@pytest.mark.parametrize(("value", "spelled"), [("", "to nothing"), (" ", "to nothing"), ("-1", "to -1")])
def test_hidden_cards_are_named_as_the_reason(
    value: str, spelled: str, cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    cuda.cards = 0
    assert f"CUDA_VISIBLE_DEVICES is set {spelled}, which hides every GPU; unset it, or" in refusal("cuda")
    assert choose_device("auto") == CPU
    assert device_notice("auto") is None  # as the user wants it


def test_a_wrong_selection_of_cards_is_told(cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    cuda.cards = 0
    assert "CUDA_VISIBLE_DEVICES=7 names no GPU of this machine; correct or unset it, or" in refusal("cuda")
    assert "names no GPU" in str(device_notice("auto"))


@pytest.mark.parametrize(
    ("warning", "reason", "is_noticed"),
    [
        (OLD_DRIVER, "the NVIDIA driver is too old for this PyTorch, as it supports CUDA 11.4 only; update", True),
        ("Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU", "no NVIDIA driver", False),
        ("CUDA driver initialization failed, you might not have a CUDA gpu.", "the NVIDIA driver cannot be", False),
        (
            "Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling "
            "NumCudaDevices() that might have already set an error? Error 802: system not yet initialized",
            "CUDA cannot be initialized (Error 802: system not yet initialized); ",
            True,
        ),
        (None, "no NVIDIA GPU is found; check", False),
    ],
)
def test_torchs_warning_becomes_the_reason(
    warning: str | None, reason: str, is_noticed: bool, cuda: FakeCuda, recwarn: pytest.WarningsRecorder
) -> None:
    cuda.warning, cuda.cards = warning, 0
    assert choose_device("auto") == CPU
    assert reason in refusal("cuda")
    assert reason in refusal("cuda:3")
    notice = device_notice("auto")
    assert notice is None or "so the CPU is used" in notice
    assert (notice is not None) is is_noticed
    assert not recwarn.list  # or it would be printed as it is


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            torch.AcceleratorError(NO_KERNEL),
            "NVIDIA H100 80GB HBM3 has compute capability 9.0, and this PyTorch is built for sm_75, sm_80; install",
        ),
        (
            torch.OutOfMemoryError(OUT_OF_MEMORY),
            "the GPU is out of memory (180.00 MiB wanted, 54.31 MiB of 79.11 GiB free); ",
        ),
        (RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be"), "the GPU is out of memory; "),
        (
            torch.AcceleratorError("CUDA error: CUDA-capable device(s) is/are busy or unavailable\nSearch for"),
            "another process has the GPU for itself; wait",
        ),
        (RuntimeError(OLD_DRIVER), "the NVIDIA driver is too old for this PyTorch"),
        (AssertionError("libcudart functions unavailable.\nIt looks"), "AssertionError: libcudart functions unavail"),
    ],
)
def test_a_card_that_does_not_compute_is_not_used(error: Exception, reason: str, cuda: FakeCuda) -> None:
    cuda.errors[0] = error
    assert reason in refusal("cuda")
    assert choose_device("auto") == CPU
    assert reason.partition(";")[0] in str(device_notice("auto"))
    assert device_notice("cuda") is None


def test_mps_is_the_gpu_of_a_mac(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert "a Mac with Apple silicon" in refusal("mps")
    assert device_notice("mps") is None
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device("mps").type == "mps"
    assert "untested" in str(device_notice("mps"))


@pytest.mark.parametrize("name", ["tpu", "cuda:", "cuda:01", "CUDA", "cpu:0", ""])
def test_unknown_device_is_wrong_use(name: str) -> None:
    with pytest.raises(UsageError, match="auto, cpu, cuda, cuda:N or mps"):
        choose_device(name)


def test_gpu_is_described_by_its_name_and_identifier(cuda: FakeCuda) -> None:
    assert describe_device(GPU) == "cuda (NVIDIA H100 80GB HBM3)"
    assert describe_device(torch.device("cuda", 1)) == "cuda:1 (NVIDIA H100 80GB HBM3)"
    assert device_uuid(GPU) == "b1f0c0de-0000-4000-8000-0123456789ab"
    assert (describe_device(CPU), device_uuid(CPU)) == ("cpu", None)


def test_one_thread_is_the_default() -> None:
    assert choose_threads(2, CPU) == 2
    assert torch.get_num_threads() == 2
    assert choose_threads(None, CPU) == 1
    assert torch.get_num_threads() == 1
